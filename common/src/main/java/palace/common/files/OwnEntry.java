package palace.common.files;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Whether what stands at a name may be written to: not when the bytes would go somewhere else, or
/// the writing would wait for somebody to read.
public final class OwnEntry {
  private OwnEntry() {}

  /// Refuses, with a [FileSystemException], anything but nothing at all or a regular file that has
  /// no other name.
  public static void requireFile(Path file) throws IOException {
    if (!Files.exists(file, NOFOLLOW_LINKS)) {
      return;
    }
    if (!Files.isRegularFile(file, NOFOLLOW_LINKS)) {
      throw new FileSystemException(
          file.toString(), null, "a link, a directory or a special file stands there");
    }
    if (hasOtherNames(file)) {
      throw new FileSystemException(
          file.toString(), null, "the file has other names (hard links), which would change too");
    }
  }

  /// Refuses, with a [FileSystemException], anything but nothing at all or a real directory.
  public static void requireDirectory(Path directory) throws IOException {
    if (Files.exists(directory, NOFOLLOW_LINKS) && !Files.isDirectory(directory, NOFOLLOW_LINKS)) {
      throw new FileSystemException(
          directory.toString(), null, "a link or a file stands there instead of a directory");
    }
  }

  /// {@return whether a file has more than one name; false where the system does not count them}
  public static boolean hasOtherNames(Path file) throws IOException {
    try {
      return Files.getAttribute(file, "unix:nlink", NOFOLLOW_LINKS) instanceof Integer names
          && names > 1;
    } catch (UnsupportedOperationException | IllegalArgumentException e) {
      return false;
    }
  }
}
