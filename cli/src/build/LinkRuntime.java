import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Links the Java runtime that the distribution brings, unless the one already there was linked by
/// this JDK with these modules: linking costs more than compiling everything else.
final class LinkRuntime {
  private LinkRuntime() {}

  /// Takes the target directory, the comma-separated modules, and the flags of the start script: a
  /// class archive serves only starts with the flags it was made with.
  public static void main(String[] args) throws Exception {
    Path target = Path.of(args[0]);
    Path linkedFrom = target.resolve("linked-from.txt");
    String recipe = String.join("\n", System.getProperty("java.home"), vm(), args[1], args[2], "");
    if (Files.exists(linkedFrom) && Files.readString(linkedFrom).equals(recipe)) {
      return;
    }
    deleteTree(target);
    link(target, args[1]);
    for (String pointers : List.of("-XX:+UseCompressedOops", "-XX:-UseCompressedOops")) {
      archiveClasses(target, args[2], pointers);
    }
    Files.writeString(linkedFrom, recipe);
  }

  private static void link(Path target, String modules) throws Exception {
    String jlink = Path.of(System.getProperty("java.home"), "bin", "jlink").toString();
    run(
        List.of(
            jlink,
            "--add-modules",
            modules,
            "--strip-debug",
            "--no-header-files",
            "--no-man-pages",
            "--output",
            target.toString()));
  }

  private static void archiveClasses(Path target, String flags, String pointers) throws Exception {
    var command = new ArrayList<String>();
    command.add(target.resolve("bin/java").toString());
    command.add("-Xshare:dump");
    command.add(pointers);
    command.addAll(List.of(flags.strip().split("\\s+")));
    run(command);
  }

  private static String vm() {
    return System.getProperty("java.vm.version");
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

  private static void run(List<String> command) throws Exception {
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes());
    int code = process.waitFor();
    if (code != 0) {
      throw new IllegalStateException(code + " from " + command + ": " + output);
    }
  }
}
