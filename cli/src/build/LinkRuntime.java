import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/// Links the Java runtime that the distribution brings, unless the one already there was linked by
/// this JDK with these modules: linking costs more than compiling everything else.
final class LinkRuntime {
  private LinkRuntime() {}

  /// Takes the target directory and the comma-separated modules.
  public static void main(String[] args) throws Exception {
    Path target = Path.of(args[0]);
    Path linkedFrom = target.resolve("linked-from.txt");
    String recipe = String.join("\n", System.getProperty("java.home"), vm(), args[1], "");
    if (Files.exists(linkedFrom) && Files.readString(linkedFrom).equals(recipe)) {
      return;
    }
    deleteTree(target);
    run(
        jdk("jlink"),
        "--add-modules",
        args[1],
        "--strip-debug",
        "--no-header-files",
        "--no-man-pages",
        "--generate-cds-archive",
        "--output",
        target.toString());
    Files.writeString(linkedFrom, recipe);
  }

  private static String vm() {
    return System.getProperty("java.vm.version");
  }

  private static String jdk(String tool) {
    return Path.of(System.getProperty("java.home"), "bin", tool).toString();
  }

  private static void deleteTree(Path tree) throws Exception {
    if (!Files.exists(tree)) {
      return;
    }
    List<Path> parentsFirst;
    try (var paths = Files.walk(tree)) {
      parentsFirst = paths.toList();
    }
    for (Path path : parentsFirst.reversed()) {
      Files.delete(path);
    }
  }

  private static void run(String... command) throws Exception {
    int code = new ProcessBuilder(command).inheritIO().start().waitFor();
    if (code != 0) {
      throw new IllegalStateException(code + " from " + Arrays.toString(command));
    }
  }
}
