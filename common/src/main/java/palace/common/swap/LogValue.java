package palace.common.swap;

/// How a value stands in a log line `event key=value …`: as it is, or in double quotes when it
/// would break the line apart.
public final class LogValue {
  private LogValue() {}

  /// {@return the text of a value; backslashes, quotes and line ends are escaped inside quotes}
  public static String of(Object value) {
    String text = String.valueOf(value);
    boolean plain = !text.isEmpty() && text.chars().allMatch(LogValue::isPlain);
    return plain ? text : '"' + escape(text) + '"';
  }

  private static boolean isPlain(int character) {
    return character > ' ' && character != '"' && character != '\\' && character != 0x7f;
  }

  private static String escape(String text) {
    return text.replace("\\", "\\\\")
        .replace("\"", "\\\"")
        .replace("\n", "\\n")
        .replace("\r", "\\r");
  }
}
