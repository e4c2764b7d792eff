package palace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the documents say is still so: commands they show are run or known, classes they name
/// exist.
class DocumentationIT {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern COMMAND =
      Pattern.compile("(?m)^\\$ (?:\\./)?palace (.+?)(?:\\s+#.*)?$");
  private static final Pattern OPTION = Pattern.compile("(?<= )--[a-z-]+");
  private static final Pattern TYPE = Pattern.compile("`([A-Z][A-Za-z]+)`");

  @TempDir Path directory;

  private static List<String> commands(String document) throws IOException {
    return COMMAND
        .matcher(Files.readString(ROOT.resolve(document)))
        .results()
        .map(match -> match.group(1))
        .toList();
  }

  @Test
  void theFirstCommandOfTheReadmeMigratesTheSamplePalace() throws Exception {
    Path target = directory.resolve("my-palace");
    List<String> words = new ArrayList<>(List.of(commands("README.md").getFirst().split(" ")));
    words.replaceAll(word ->
        word.startsWith("samples/")
            ? ROOT.resolve(word).toString()
            : word.equals("my-palace") ? target.toString() : word);

    var answer = Oracle.palace(words.toArray(String[]::new));

    assertThat(answer.exitCode()).as("%s", answer).isZero();
    assertThat(target.resolve("chroma.sqlite3")).exists();
  }

  @Test
  void everyVerbAndOptionShownIsKnownToTheProgram() throws Exception {
    for (String document : List.of("README.md", "OPERATING.md")) {
      for (String command : commands(document)) {
        var help = Oracle.palace((verb(command) + " --help").split(" "));
        assertThat(help.exitCode()).as(command).isZero();
        OPTION
            .matcher(command)
            .results()
            .map(MatchResult::group)
            .forEach(option -> assertThat(help.output()).as(command).contains(option));
      }
    }
  }

  private static String verb(String command) {
    String[] words = command.split(" ");
    return words[0].equals("snapshot") ? words[0] + " " + words[1] : words[0];
  }

  /// The commands of the runbook that goes back, in their order and with the ids that were printed.
  @Test
  void theRunbookOfGoingBackGoesBack() throws Exception {
    Path palace = directory.resolve("palace");
    assertThat(
            Oracle.palace(
                    "migrate",
                    "--palace",
                    ROOT.resolve("samples/chroma-0.6").toString(),
                    "--target",
                    palace.toString())
                .exitCode())
        .isZero();
    List<String> runbook =
        commands("OPERATING.md").stream()
            .filter(command -> command.contains("snapshot") || command.startsWith("restore"))
            .toList();
    assertThat(runbook).hasSizeGreaterThan(3);
    String id = "";
    for (String command : runbook) {
      var words = new ArrayList<>(List.of(command.split(" ")));
      String known = id;
      words.replaceAll(word -> word.equals("DIR") ? palace.toString() : word);
      words.replaceAll(word -> word.equals("ID") ? known : word);
      var answer = Oracle.palace(words.toArray(String[]::new));
      assertThat(answer.exitCode()).as("%s: %s", command, answer).isZero();
      if (command.startsWith("snapshot list")) {
        id = answer.output().split(" ")[0];
      }
    }
  }

  @Test
  void everyTypeThatTheArchitectureNamesExists() throws Exception {
    Set<String> types;
    try (Stream<Path> files = Files.walk(ROOT)) {
      types =
          files
              .map(file -> file.getFileName().toString())
              .filter(file -> file.endsWith(".java"))
              .map(file -> file.substring(0, file.length() - ".java".length()))
              .collect(Collectors.toSet());
    }
    List<String> named =
        TYPE.matcher(Files.readString(ROOT.resolve("ARCHITECTURE.md")))
            .results()
            .map(match -> match.group(1))
            .toList();

    assertThat(named).hasSizeGreaterThan(20);
    assertThat(types).containsAll(named);
  }
}
