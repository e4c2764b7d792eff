package palace.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/// Palaces that real Chroma wrote.
final class FrozenPalace {
  private FrozenPalace() {}

  /// Unpacks one.
  ///
  /// @param release the Chroma release that wrote it
  /// @param palace the directory it becomes
  /// @return that directory
  static Path unpack(String release, Path palace) throws IOException {
    String name = "/palaces/" + release + ".zip";
    try (InputStream in = FrozenPalace.class.getResourceAsStream(name);
        var zip = new ZipInputStream(Objects.requireNonNull(in, name))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        if (entry.getName().startsWith("palace/")) {
          write(zip, entry, palace.resolve(entry.getName().substring("palace/".length())));
        }
      }
    }
    return palace;
  }

  private static void write(ZipInputStream zip, ZipEntry entry, Path file) throws IOException {
    if (entry.isDirectory()) {
      Files.createDirectories(file);
    } else {
      Files.createDirectories(file.getParent());
      Files.write(file, zip.readAllBytes());
    }
  }
}
