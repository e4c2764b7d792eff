package palace.common;

import java.nio.file.Path;
import java.util.regex.Pattern;

/// A path as a word of a shell, so that a command in a hint can be typed as it stands.
public final class ShellWord {
  private static final Pattern PLAIN = Pattern.compile("[\\p{L}\\p{N}@%+=:,./_-]+");

  private ShellWord() {}

  /// {@return the path, in single quotes where a shell would take it apart}
  public static String quote(Path path) {
    String text = path.toString();
    return PLAIN.matcher(text).matches() ? text : "'" + text.replace("'", "'\\''") + "'";
  }
}
