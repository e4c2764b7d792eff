package palace.it;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/// A palace that a real Chroma release wrote, frozen with its truth; it is unpacked anew for every
/// test.
///
/// @param name the release, `1.5.9`, or a variant of it, `1.5.9-scalar`
record FrozenPalace(String name) {
  private static final Path HOME = Path.of("src", "test", "resources", "palaces");

  /// {@return every frozen palace}
  static List<FrozenPalace> all() throws IOException {
    try (Stream<Path> files = Files.list(HOME)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.endsWith(".zip"))
          .map(file -> new FrozenPalace(file.substring(0, file.length() - ".zip".length())))
          .sorted((a, b) -> a.name.compareTo(b.name))
          .toList();
    }
  }

  /// {@return the palace's directory after unpacking below `directory`; its truth lies beside it}
  Path unpack(Path directory) throws IOException {
    try (InputStream file = Files.newInputStream(HOME.resolve(name + ".zip"));
        ZipInputStream zip = new ZipInputStream(file)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        Path target = directory.resolve(entry.getName());
        if (entry.isDirectory()) {
          Files.createDirectories(target);
        } else {
          Files.createDirectories(target.getParent());
          Files.copy(zip, target);
        }
      }
    }
    return directory.resolve("palace");
  }

  @Override
  public String toString() {
    return name;
  }
}
