package palace.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/// A damage that the oracle can do to a frozen palace, and the codes by which the doctor has to
// name
/// it.
///
/// @param release the Chroma release that wrote the palace
/// @param damage a name that `break_palace.py --list` knows
/// @param codes every code beyond notices; derived from FORMAT §7 and from what real Chroma does
///   with the damaged palace
record BrokenPalace(String release, String damage, Set<String> codes) {
  private static final Path CODES = Path.of("src", "test", "resources", "doctor-codes.tsv");
  private static final Path SCRIPT = Path.of("oracle", "break_palace.py").toAbsolutePath();

  /// {@return the damages that apply to the palaces of one release}
  static List<BrokenPalace> of(String release) throws IOException {
    int column = release.equals("1.5.9") ? 1 : 2;
    var broken = new ArrayList<BrokenPalace>();
    for (String line : Files.readAllLines(CODES)) {
      String[] columns = line.split("\t");
      String codes = columns[columns[column].equals("same") ? 1 : column];
      if (!line.startsWith("#") && !codes.equals("does not apply")) {
        var wanted = new TreeSet<>(List.of(codes.split(" ")));
        wanted.remove("none");
        broken.add(new BrokenPalace(release, columns[0], wanted));
      }
    }
    return broken;
  }

  /// {@return whether the oracle can run here}
  static boolean canBeMade() throws IOException, InterruptedException {
    try {
      return new ProcessBuilder("python3", "--version").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /// {@return the palace, damaged anew below a directory}
  Path make(Path directory) throws IOException, InterruptedException {
    Path sound = new FrozenPalace(release).unpack(directory.resolve("sound"));
    Path broken = directory.resolve("broken").resolve("palace");
    Files.createDirectories(broken.getParent());
    Path log = directory.resolve("log");
    Process process =
        new ProcessBuilder(
                "python3", SCRIPT.toString(), damage, sound.toString(), "--out", broken.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new IllegalStateException(damage + ": " + Files.readString(log));
    }
    return broken;
  }

  @Override
  public String toString() {
    return damage + " of " + release;
  }
}
