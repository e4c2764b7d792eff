package palace.common.files;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/// Deletes what only we need any more: a build, a failed copy. A palace is never deleted here
/// before something proven stands in its place.
public final class TreeDelete {
  private static final Set<PosixFilePermission> NEEDED =
      EnumSet.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE);

  private TreeDelete() {}

  /// Deletes a file, a link or a directory with all below it; nothing there is success. Links are
  /// removed, never followed, and directories that we own are made writable first.
  public static void delete(Path entry) throws IOException {
    if (Files.isDirectory(entry, NOFOLLOW_LINKS)) {
      makeWritable(entry);
      for (Path child : Listing.of(entry)) {
        delete(child);
      }
    }
    Files.deleteIfExists(entry);
  }

  /// Deletes a regular file; nothing there is success. A directory, a link or a special file is
  /// left alone, and a [FileSystemException] says so.
  public static void deleteFile(Path file) throws IOException {
    if (Files.exists(file, NOFOLLOW_LINKS) && !Files.isRegularFile(file, NOFOLLOW_LINKS)) {
      throw new FileSystemException(
          file.toString(), null, "a link, a directory or a special file stands there");
    }
    Files.deleteIfExists(file);
  }

  /// Removes a directory that must be empty; otherwise a [java.nio.file.DirectoryNotEmptyException]
  /// says so and nothing is changed.
  public static void deleteEmptyDirectory(Path directory) throws IOException {
    if (!Files.isDirectory(directory, NOFOLLOW_LINKS)) {
      throw new java.nio.file.NotDirectoryException(directory.toString());
    }
    Files.delete(directory);
  }

  private static void makeWritable(Path directory) throws IOException {
    if (!directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      return;
    }
    var permissions = EnumSet.copyOf(NEEDED);
    permissions.addAll(Files.getPosixFilePermissions(directory, NOFOLLOW_LINKS));
    if (!permissions.equals(Files.getPosixFilePermissions(directory, NOFOLLOW_LINKS))) {
      Files.setPosixFilePermissions(directory, permissions);
    }
  }
}
