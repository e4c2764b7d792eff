package palace.common.files;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Optional;

/// Which entry it is, whatever its name: device and inode, or the time of creation where a system
/// has no inodes. A rename does not change it.
public record Identity(Object key) {
  /// {@return the identity of an entry, of the link itself when it is one, or empty when there is
  /// none}
  public static Optional<Identity> of(Path entry) throws IOException {
    return of(entry, NOFOLLOW_LINKS);
  }

  /// {@return the identity of what an entry leads to when it is a link, or empty when there is
  /// nothing}
  public static Optional<Identity> behind(Path entry) throws IOException {
    return of(entry, new LinkOption[0]);
  }

  private static Optional<Identity> of(Path entry, LinkOption... options) throws IOException {
    try {
      var attributes = Files.readAttributes(entry, BasicFileAttributes.class, options);
      return Optional.of(
          new Identity(
              Objects.requireNonNullElse(attributes.fileKey(), attributes.creationTime())));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }
}
