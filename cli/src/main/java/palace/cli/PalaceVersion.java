package palace.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/// The version of this build and the Java that runs it. The build writes the number into
/// `version.properties`.
final class PalaceVersion implements IVersionProvider {
  @Override
  public String[] getVersion() throws IOException {
    return new String[] {"palace " + number(), "Java " + Runtime.version()};
  }

  /// {@return the version number alone, such as `0.1.0`}
  static String number() throws IOException {
    var properties = new Properties();
    try (InputStream in = PalaceVersion.class.getResourceAsStream("version.properties")) {
      properties.load(in);
    }
    return properties.getProperty("version");
  }
}
