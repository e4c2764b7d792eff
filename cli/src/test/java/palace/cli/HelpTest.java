package palace.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static palace.cli.CommandRun.palace;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

final class HelpTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "status",
        "doctor",
        "migrate",
        "repair",
        "snapshot",
        "snapshot create",
        "snapshot list",
        "snapshot verify",
        "restore",
        "recover"
      })
  void everyVerbSaysItsExitCodesAndShowsExamplesThatAreRightUsage(String verb) {
    CommandRun help = palace((verb + " --help").split(" "));

    assertThat(help.exitCode()).isZero();
    assertThat(help.err()).isEmpty();
    assertThat(help.out()).contains("Exit codes:", "Examples:", "--palace", "--json");
    assertThat(examples(help.out())).hasSizeBetween(2, 3);
    for (String example : examples(help.out())) {
      String[] words = example.split(" [|>] ")[0].strip().split(" ");
      String[] arguments = List.of(words).subList(1, words.length).toArray(String[]::new);
      assertThatCode(() -> new CommandLine(new PalaceCommand()).parseArgs(arguments))
          .as(example)
          .doesNotThrowAnyException();
    }
  }

  private static List<String> examples(String help) {
    return help.lines().filter(line -> line.startsWith("  palace ")).map(String::strip).toList();
  }

  @Test
  void helpListsEveryVerb() {
    assertThat(palace("--help").out()).contains("status", "doctor", "migrate", "repair", "130");
    assertThat(palace("--help").out()).contains("  snapshot ", "  restore ", "  recover ");
    assertThat(palace("snapshot", "--help").out()).contains("  create ", "  list ", "  verify ");
  }

  @Test
  void anUnknownVerbIsAnsweredWithWhatMayHaveBeenMeant() {
    CommandRun run = palace("docter");

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("docter", "nothing was changed", "did you mean doctor");
  }

  @Test
  void aVerbOfSnapshotsIsNeeded() {
    assertThat(palace("snapshot").exitCode()).isEqualTo(2);
    assertThat(palace("snapshot").err()).contains("a verb is missing", "palace snapshot --help");
    assertThat(palace("snapshot", "lst").err()).contains("did you mean list");
  }

  @Test
  void whereAVerbTakesAnIdThePalaceComesAfterIt() {
    String id = "20261121T034700Z-1a2b3c";

    assertThat(palace("restore").err()).contains("missing required parameter", "'ID'");
    for (String verb : List.of("restore " + id, "snapshot verify " + id, "snapshot verify")) {
      CommandRun run = palace((verb + " /nonexistent/palace").split(" "));
      assertThat(run.exitCode()).as(run.err()).isEqualTo(3);
      assertThat(run.err()).as(verb).contains("/nonexistent");
    }
  }

  @Test
  void noVerbAtAllIsWrongUsage() {
    CommandRun run = palace();

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("a verb is missing", "palace --help");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "status --json --no-such-option",
        "--json status --wait soon",
        "status --json --wait -1",
        "repair --json --batch-size 0",
        "migrate --json --palace a b",
        "snapshot create --json --scope aside",
        "snapshot --json",
        "recover --json --back --forward",
        "restore --json",
        "status --json --palace",
      })
  void wrongUsageIsOneDocumentToo(String line) throws Exception {
    CommandRun run = palace(line.split(" "));

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.json().path("exitCode").asInt()).isEqualTo(2);
    assertThat(run.json().path("outcome").asText()).isEqualTo("usage");
    assertThat(run.json().path("error").path("message").asText()).contains("nothing was changed");
  }
}
