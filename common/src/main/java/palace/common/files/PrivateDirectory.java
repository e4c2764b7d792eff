package palace.common.files;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;

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

  /// Copies one regular file into the directory and gives the copy.
  public Path copyIn(Path file) throws IOException {
    LiveFiles.requireNotOpen(file);
    return Files.copy(file, path.resolve(file.getFileName().toString()));
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
