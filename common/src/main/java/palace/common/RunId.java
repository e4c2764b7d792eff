package palace.common;

import java.security.SecureRandom;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.regex.Pattern;

/// The name of one run, `20261121T034700Z-1a2b3c`: UTC time and six random hex digits. Every
/// directory and snapshot that the run makes carries it; it is never reused.
public record RunId(String value) {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
  private static final Pattern SHAPE = Pattern.compile("\\d{8}T\\d{6}Z-[0-9a-f]{6}");

  /// Checks the shape, so that a run id may become part of a file name.
  public RunId {
    if (!isValid(value)) {
      throw new IllegalArgumentException("not a run id: " + value);
    }
  }

  /// {@return a fresh id for a run that starts now}
  public static RunId now(Clock clock) {
    byte[] suffix = new byte[3];
    new SecureRandom().nextBytes(suffix);
    return new RunId(TIME.format(clock.instant()) + "-" + HexFormat.of().formatHex(suffix));
  }

  /// {@return whether a text has the shape of a run id}
  public static boolean isValid(String text) {
    return SHAPE.matcher(text).matches();
  }

  @Override
  public String toString() {
    return value;
  }
}
