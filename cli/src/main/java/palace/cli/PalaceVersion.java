package palace.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/// The version of this build and the Java that runs it. The build writes the number into
/// `version.properties`.
final class PalaceVersion implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {"palace " + number(), "Java " + Runtime.version()};
  }

  /// {@return the version number alone, such as `0.1.0`}
  static String number() {
    var properties = new Properties();
    try (InputStream in = PalaceVersion.class.getResourceAsStream("version.properties")) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("version");
  }
}
