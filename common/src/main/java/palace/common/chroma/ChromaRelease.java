package palace.common.chroma;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A Chroma release that a palace can be written for, 0.5.0 to 1.5.9.
///
/// @param major first number
/// @param minor second number
/// @param patch third number
public record ChromaRelease(int major, int minor, int patch) implements Comparable<ChromaRelease> {
  /// The newest release whose format is known.
  public static final ChromaRelease NEWEST = new ChromaRelease(1, 5, 9);

  private static final ChromaRelease OLDEST = new ChromaRelease(0, 5, 0);
  private static final ChromaRelease LAST_PYTHON_CORE = new ChromaRelease(0, 6, 3);
  private static final Pattern SHAPE = Pattern.compile("(\\d{1,2})\\.(\\d{1,2})(?:\\.(\\d{1,3}))?");

  /// {@return the release a person typed, or nothing when it is not one that a palace can be
  /// written for}
  ///
  /// Two numbers mean the first release of that series: `1.5` is `1.5.0`.
  public static Optional<ChromaRelease> parse(String text) {
    Matcher matcher = SHAPE.matcher(text.strip());
    if (!matcher.matches()) {
      return Optional.empty();
    }
    int patch = matcher.group(3) == null ? 0 : Integer.parseInt(matcher.group(3));
    var release =
        new ChromaRelease(
            Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)), patch);
    return release.isTarget() ? Optional.of(release) : Optional.empty();
  }

  private boolean isTarget() {
    if (compareTo(OLDEST) < 0 || compareTo(NEWEST) > 0) {
      return false;
    }
    return major == 1 || compareTo(LAST_PYTHON_CORE) <= 0;
  }

  /// {@return the schema level that a palace for this release is written at}
  ///
  /// The releases before 0.5.6 get the level of 0.5.6: they ignore migrations they do not know and
  /// work with it.
  public SchemaLevel level() {
    if (major == 0) {
      return new SchemaLevel(9, 4, 2);
    }
    return switch (minor) {
      case 0, 1, 2 -> new SchemaLevel(9, 5, 2);
      case 3, 4 -> new SchemaLevel(10, 5, 2);
      default -> SchemaLevel.NEWEST;
    };
  }

  /// {@return whether this release has the Rust core, which reads the space from the collection's
  /// own configuration}
  public boolean hasRustCore() {
    return major >= 1;
  }

  @Override
  public int compareTo(ChromaRelease other) {
    if (major != other.major) {
      return Integer.compare(major, other.major);
    }
    return minor != other.minor
        ? Integer.compare(minor, other.minor)
        : Integer.compare(patch, other.patch);
  }

  @Override
  public String toString() {
    return major + "." + minor + "." + patch;
  }
}
