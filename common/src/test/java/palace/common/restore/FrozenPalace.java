package palace.common.restore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/// Unpacks palaces that real Chroma releases wrote.
final class FrozenPalace {
  private static final Path HOME = Path.of("..", "it-tests", "src", "test", "resources", "palaces");

  private FrozenPalace() {}

  /// Makes a palace of the release at the path.
  static Path unpack(String release, Path palace) throws IOException {
    try (var file = Files.newInputStream(HOME.resolve(release + ".zip"));
        var zip = new ZipInputStream(file)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        if (!entry.getName().startsWith("palace/")) {
          continue;
        }
        Path target = palace.resolve(entry.getName().substring("palace/".length()));
        if (entry.isDirectory()) {
          Files.createDirectories(target);
        } else {
          Files.createDirectories(Objects.requireNonNull(target.getParent()));
          Files.copy(zip, target);
        }
      }
    }
    return palace;
  }
}
