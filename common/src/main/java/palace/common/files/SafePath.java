package palace.common.files;

import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/// The only place where a name read from a palace becomes a path.
public final class SafePath {
  private static final int LONGEST_NAME_BYTES = 255;

  private SafePath() {}

  /// {@return the entry of that name directly in the directory, or empty when the name is not the
  /// plain name of one entry: empty, `.`, `..`, longer than 255 bytes, or with a separator of any
  /// system, a control character or a lone surrogate}
  ///
  /// Existence is not looked at, and a link at that place is not followed.
  public static Optional<Path> child(Path directory, String name) {
    if (!isPlain(name)) {
      return Optional.empty();
    }
    try {
      Path child = directory.resolve(name);
      boolean inside =
          directory.equals(child.getParent()) && name.equals(String.valueOf(child.getFileName()));
      return inside && child.normalize().startsWith(directory.normalize())
          ? Optional.of(child)
          : Optional.empty();
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  private static boolean isPlain(String name) {
    return !name.isEmpty()
        && !name.equals(".")
        && !name.equals("..")
        && name.length() <= LONGEST_NAME_BYTES
        && name.getBytes(StandardCharsets.UTF_8).length <= LONGEST_NAME_BYTES
        && name.codePoints().allMatch(SafePath::isHarmless);
  }

  private static boolean isHarmless(int character) {
    return character != '/'
        && character != '\\'
        && !Character.isISOControl(character)
        && Character.getType(character) != Character.SURROGATE;
  }
}
