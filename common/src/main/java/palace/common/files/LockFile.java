package palace.common.files;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// An exclusive lock on a file that exists only to be locked; its content says who holds it.
///
/// POSIX drops a process's lock as soon as the process closes *any* descriptor of the file. So this
/// class never opens a lock file that this JVM holds already: the names of those are kept in the
/// one table that belongs, as the locks do, to the process.
public final class LockFile implements AutoCloseable {
  private static final int LONGEST_BODY_BYTES = 4096;
  private static final Map<Path, String> HELD_HERE = new ConcurrentHashMap<>();

  private final Path file;
  private final FileChannel channel;

  private LockFile(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /// Tries once to take the lock, creating the file (mode 0600) when it is missing, and writes who
  /// holds it. What is no regular file, or has other names, is refused as [OwnEntry] says.
  ///
  /// {@return the lock, or empty when another process or another thread of this one holds it}
  public static Optional<LockFile> tryAcquire(Path file, String body) throws IOException {
    Path real = Durable.parentOf(file).toRealPath().resolve(file.getFileName());
    synchronized (HELD_HERE) {
      if (HELD_HERE.containsKey(real)) {
        return Optional.empty();
      }
      var lock = lock(real, body);
      lock.ifPresent(held -> HELD_HERE.put(real, body));
      return lock;
    }
  }

  /// {@return what the holder wrote, or empty when nobody holds the lock} Nothing is written.
  public static Optional<String> holder(Path file) throws IOException {
    if (!Files.isRegularFile(file, NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    Path real = file.toRealPath();
    synchronized (HELD_HERE) {
      String own = HELD_HERE.get(real);
      return own != null ? Optional.of(own) : probe(real);
    }
  }

  private static Optional<String> probe(Path file) throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.READ);
        FileLock probe = channel.tryLock(0, Long.MAX_VALUE, true)) {
      return probe != null ? Optional.empty() : Optional.of(bodyOf(channel));
    }
  }

  /// Empties the file and lets the lock go. The file stays: a deleted lock file would leave two
  /// waiters with two locks.
  @Override
  public void close() throws IOException {
    synchronized (HELD_HERE) {
      try (channel) {
        channel.truncate(0);
      } finally {
        HELD_HERE.remove(file);
      }
    }
  }

  /// Deletes the file and lets the lock go. A waiter that had the deleted file open notices by the
  /// identity of the file and takes its turn on the new one.
  public void closeAndDelete() throws IOException {
    synchronized (HELD_HERE) {
      try (channel) {
        Files.deleteIfExists(file);
      } finally {
        HELD_HERE.remove(file);
      }
    }
  }

  private static Optional<LockFile> lock(Path file, String body) throws IOException {
    create(file);
    OwnEntry.requireFile(file);
    var before = Identity.of(file);
    var channel =
        FileChannel.open(
            file, Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, NOFOLLOW_LINKS));
    boolean kept = false;
    try {
      kept = channel.tryLock() != null && before.equals(Identity.of(file));
      if (kept) {
        write(channel, body);
      }
      return kept ? Optional.of(new LockFile(file, channel)) : Optional.empty();
    } finally {
      if (!kept) {
        channel.close();
      }
    }
  }

  private static void create(Path file) throws IOException {
    var options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try (var created = FileChannel.open(file, options, Durable.ownerFile())) {
      created.force(true);
    } catch (FileAlreadyExistsException expected) {
      // The usual case: the file outlives its holders.
      return;
    }
  }

  private static void write(FileChannel channel, String body) throws IOException {
    channel.truncate(0);
    var bytes = ByteBuffer.wrap(body.getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes, bytes.position());
    }
    channel.force(true);
  }

  private static String bodyOf(FileChannel channel) throws IOException {
    var bytes = ByteBuffer.allocate(LONGEST_BODY_BYTES);
    int count = 0;
    while (bytes.hasRemaining() && count >= 0) {
      count = channel.read(bytes);
    }
    return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
  }
}
