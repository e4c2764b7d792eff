package palace.common.files;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/// A directory of ours in the system's temporary folder, readable by this user only and deleted on
/// close. It is never inside or beside a palace, so that looking at a palace leaves no trace there.
public final class PrivateDirectory implements AutoCloseable {
  private final Path path;

  private PrivateDirectory(Path path) {
    this.path = path;
  }

  /// {@return a fresh, empty directory; whoever creates it closes it}
  public static PrivateDirectory create() throws IOException {
    var owner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    return new PrivateDirectory(Files.createTempDirectory("palace-", owner));
  }

  /// {@return a fresh, empty directory in one of ours; whoever creates it closes it}
  public static PrivateDirectory createIn(Path folder) throws IOException {
    var owner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    return new PrivateDirectory(Files.createTempDirectory(folder, "palace-", owner));
  }

  /// {@return the room there is for such directories}
  public static long room() throws IOException {
    return DiskSpace.usable(Path.of(System.getProperty("java.io.tmpdir")));
  }

  /// {@return where it is}
  public Path path() {
    return path;
  }

  /// Copies one regular file into the directory and gives the copy, in which holes stay holes.
  public Path copyIn(Path file) throws IOException {
    LiveFiles.requireNotOpen(file);
    Path copy = path.resolve(file.getFileName().toString());
    long size = Files.size(file);
    var options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try (var output = FileChannel.open(copy, options, Durable.ownerFile());
        var extents = Extents.open(file, size)) {
      SparseCopy.copy(file, output, size, extents);
    }
    return copy;
  }

  @Override
  public void close() throws IOException {
    Files.walkFileTree(
        path,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, IOException failure)
              throws IOException {
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
