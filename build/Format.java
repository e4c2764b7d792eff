import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Holds every Java file of the project to google-java-format, in one JVM: `check` names the files
/// that differ and fails, `write` rewrites them. Run by the root pom in the phase `verify`, and by
/// `./format`.
final class Format {
  private Format() {}

  /// Takes `check` or `write`; runs in the root of the project.
  public static void main(String[] args) throws Exception {
    boolean write = args[0].equals("write");
    List<Path> changed = javaFiles().parallelStream().filter(file -> differs(file, write)).toList();
    if (changed.isEmpty()) {
      return;
    }
    changed.forEach(file -> System.out.println((write ? "formatted " : "not formatted: ") + file));
    if (!write) {
      System.out.println("run ./format");
      System.exit(1);
    }
  }

  private static List<Path> javaFiles() throws Exception {
    try (var files = Files.walk(Path.of("")).filter(Format::isSource)) {
      return files.sorted().toList();
    }
  }

  private static boolean isSource(Path file) {
    String name = file.toString();
    boolean ours = name.contains("src/") || name.startsWith("build/");
    return ours && name.endsWith(".java") && !name.contains("target/");
  }

  private static boolean differs(Path file, boolean write) {
    try {
      String before = Files.readString(file);
      String after = formatted(before);
      if (write && !after.equals(before)) {
        Files.writeString(file, after);
      }
      return !after.equals(before);
    } catch (Exception e) {
      throw new IllegalStateException(file + ": " + e.getMessage(), e);
    }
  }

  private static String formatted(String source) throws Exception {
    var style = JavaFormatterOptions.Style.GOOGLE;
    String imports =
        RemoveUnusedImports.removeUnusedImports(ImportOrderer.reorderImports(source, style));
    return new Formatter(JavaFormatterOptions.builder().style(style).build()).formatSource(imports);
  }
}
