package palace.migrate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/// A palace that a real Chroma release wrote, and the truth about it that this release confirmed.
///
/// @param palace its directory
/// @param truth what it holds
record FrozenPalace(Path palace, JsonNode truth) {
  private static final Path HOME = Path.of("..", "it-tests", "src", "test", "resources", "palaces");

  static FrozenPalace unpack(String name, Path directory) throws IOException {
    try (InputStream file = Files.newInputStream(HOME.resolve(name + ".zip"));
        ZipInputStream zip = new ZipInputStream(file)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        Path target = directory.resolve(entry.getName());
        if (entry.isDirectory()) {
          Files.createDirectories(target);
        } else {
          Files.createDirectories(Objects.requireNonNull(target.getParent()));
          Files.copy(zip, target);
        }
      }
    }
    Path truth = directory.resolve("palace.expected.json.gz");
    try (InputStream in = new GZIPInputStream(Files.newInputStream(truth))) {
      return new FrozenPalace(directory.resolve("palace"), new ObjectMapper().readTree(in));
    } finally {
      Files.delete(truth);
    }
  }

  /// {@return the true records of a collection of the default database}
  JsonNode records(String collection) {
    return truth.required("collections").required(collection).required("records");
  }
}
