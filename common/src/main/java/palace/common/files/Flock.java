package palace.common.files;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;

/// The kind of lock that Python programs take: a BSD lock, `flock(2)`, on a file that exists only
/// to be locked. Java's own locks are POSIX record locks; a holder of one kind does not notice the
/// other. On Windows it is a lock of the file's first byte, as `msvcrt.locking` takes it.
///
/// The lock belongs to the open descriptor. The file is never deleted: a deleted lock file would
/// leave two waiters with two locks. Its content says who holds it: byte 0 is reserved for the
/// lock, the text follows.
public final class Flock implements AutoCloseable {
  private static final boolean WINDOWS = java.io.File.separatorChar == '\\';
  private static final int RESERVED_BYTES = 1;
  private static final int LONGEST_BODY_BYTES = 4096;

  private final Path file;
  private final Release release;

  private Flock(Path file, Release release) {
    this.file = file;
    this.release = release;
  }

  /// How a lock is let go.
  @FunctionalInterface
  private interface Release {
    void run() throws IOException;
  }

  /// Tries once to take the lock, creating the file (mode 0600) when it is missing, and writes who
  /// holds it.
  ///
  /// {@return the lock, or empty when somebody else holds it}
  public static Optional<Flock> tryAcquire(Path file, String holder) throws IOException {
    create(file);
    var lock = WINDOWS ? lockFirstByte(file) : lock(file);
    if (lock.isPresent()) {
      try {
        write(file, holder);
      } catch (IOException | RuntimeException e) {
        lock.get().close();
        throw e;
      }
    }
    return lock;
  }

  /// {@return what the last holder wrote into a lock file; it stays when the lock is let go}
  public static String lastHolder(Path file) throws IOException {
    byte[] content = BoundedReader.readAtMost(file, LONGEST_BODY_BYTES).orElse(new byte[0]);
    return content.length <= RESERVED_BYTES
        ? ""
        : new String(
                content, RESERVED_BYTES, content.length - RESERVED_BYTES, StandardCharsets.UTF_8)
            .strip();
  }

  /// {@return the locked file}
  public Path file() {
    return file;
  }

  /// Lets the lock go; the file and its content stay.
  @Override
  public void close() throws IOException {
    release.run();
  }

  private static Optional<Flock> lock(Path file) throws IOException {
    NativeLocks calls =
        NativeLocks.unix()
            .orElseThrow(
                () -> new FileSystemException(file.toString(), null, "no flock on this system"));
    int descriptor = calls.openLocked(file);
    return descriptor < 0
        ? Optional.empty()
        : Optional.of(new Flock(file, () -> calls.close(descriptor)));
  }

  private static Optional<Flock> lockFirstByte(Path file) throws IOException {
    var channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
    boolean kept = false;
    try {
      FileLock lock = channel.tryLock(0, RESERVED_BYTES, false);
      kept = lock != null;
      return kept ? Optional.of(new Flock(file, channel::close)) : Optional.empty();
    } catch (OverlappingFileLockException e) {
      return Optional.empty();
    } finally {
      if (!kept) {
        channel.close();
      }
    }
  }

  private static void create(Path file) throws IOException {
    if (Files.exists(file, NOFOLLOW_LINKS)) {
      requireRegular(file);
      return;
    }
    var options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try (var created = FileChannel.open(file, options, Durable.ownerFile())) {
      created.force(true);
    } catch (FileAlreadyExistsException e) {
      requireRegular(file);
    }
  }

  private static void requireRegular(Path file) throws FileSystemException {
    if (!Files.isRegularFile(file, NOFOLLOW_LINKS)) {
      throw new FileSystemException(file.toString(), null, "not a regular file");
    }
  }

  private static void write(Path file, String holder) throws IOException {
    byte[] text = holder.getBytes(StandardCharsets.UTF_8);
    try (var channel = FileChannel.open(file, Set.of(StandardOpenOption.WRITE, NOFOLLOW_LINKS))) {
      channel.truncate(RESERVED_BYTES);
      var bytes = ByteBuffer.wrap(text);
      while (bytes.hasRemaining()) {
        channel.write(bytes, RESERVED_BYTES + bytes.position());
      }
    }
  }
}
