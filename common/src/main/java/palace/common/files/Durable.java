package palace.common.files;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/// Steps that outlive a power cut once they have returned. A failed fsync is final: the kernel has
/// marked the pages clean, so the caller abandons what it wrote instead of trying again.
public final class Durable {
  /// Mode 0700.
  public static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");

  /// Mode 0755.
  public static final Set<PosixFilePermission> OPEN_TO_READ =
      PosixFilePermissions.fromString("rwxr-xr-x");

  private static final Set<PosixFilePermission> OWNER_FILE =
      PosixFilePermissions.fromString("rw-------");
  private static final boolean WINDOWS = File.separatorChar == '\\';

  private Durable() {}

  /// Makes the content and the length of one file durable. A database to which this JVM has an open
  /// connection is refused, as [LiveFiles] says.
  public static void forceFile(Path file) throws IOException {
    LiveFiles.requireNotOpen(file);
    // Only Linux flushes through a read-only channel; asking for write access there would refuse
    // files of mode 0400.
    OpenOption access = WINDOWS ? StandardOpenOption.WRITE : StandardOpenOption.READ;
    try (var channel = FileChannel.open(file, access, NOFOLLOW_LINKS)) {
      channel.force(true);
    }
  }

  /// Makes the names in one directory durable. Windows cannot open a directory, there it does
  /// nothing.
  public static void forceDirectory(Path directory) throws IOException {
    if (WINDOWS) {
      return;
    }
    try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /// Makes a whole directory durable, files before the directory that names them. Links are not
  /// followed; special files are passed over.
  public static void forceTree(Path root) throws IOException {
    if (Files.isDirectory(root, NOFOLLOW_LINKS)) {
      for (Path child : Listing.of(root)) {
        forceTree(child);
      }
      forceDirectory(root);
    } else if (Files.isRegularFile(root, NOFOLLOW_LINKS)) {
      forceFile(root);
    }
  }

  /// Renames by one `rename(2)` within a file system and makes the new name durable, and the old
  /// one's absence. Refuses with a [java.nio.file.FileAlreadyExistsException] when the new name is
  /// taken, because the call itself would replace a file or an empty directory.
  public static void rename(Path from, Path to) throws IOException {
    if (Files.exists(to, NOFOLLOW_LINKS)) {
      throw new java.nio.file.FileAlreadyExistsException(to.toString());
    }
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    Path target = parentOf(to);
    forceDirectory(target);
    Path origin = parentOf(from);
    if (!origin.equals(target)) {
      forceDirectory(origin);
    }
  }

  /// Creates a directory with exactly these permissions, whatever the umask, and makes its name
  /// durable; fails when the name is taken.
  public static void createDirectory(Path directory, Set<PosixFilePermission> permissions)
      throws IOException {
    if (WINDOWS) {
      Files.createDirectory(directory);
      return;
    }
    Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    if (!permissions.equals(OWNER_ONLY)) {
      Files.setPosixFilePermissions(directory, permissions);
    }
    forceDirectory(parentOf(directory));
  }

  /// Creates a file of mode 0600 with this content and flushes it; its name becomes durable with
  /// its directory. On failure nothing is left behind.
  static void writeNew(Path file, byte[] content) throws IOException {
    var options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try (var channel = FileChannel.open(file, options, ownerFile())) {
      try {
        var bytes = ByteBuffer.wrap(content);
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
      } catch (IOException | RuntimeException | Error e) {
        Files.delete(file);
        throw e;
      }
    }
  }

  static FileAttribute<?>[] ownerFile() {
    return WINDOWS
        ? new FileAttribute<?>[0]
        : new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER_FILE)};
  }

  static Path parentOf(Path path) {
    Path parent = path.toAbsolutePath().getParent();
    if (parent == null) {
      throw new IllegalArgumentException("a file system root has no parent: " + path);
    }
    return parent;
  }
}
