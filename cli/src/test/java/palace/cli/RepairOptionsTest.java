package palace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What `repair` says to options that make no sense together.
final class RepairOptionsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --embedder http://h                              | --embedder-model
          --embedder-model m                               | without --embedder
          --embedder-key-env KEY                           | without --embedder
          --embedder ftp://h --embedder-model m            | http://
          --embedder localhost:11434 --embedder-model m    | http://
          --embedder http://h:x/ --embedder-model m        | host
          --embedder http:// --embedder-model m            | --embedder
          --embedder http://me:secret@h --embedder-model m | password
          --embedder http://h/?k=secret --embedder-model m | without ?
          --embedder http://h --embedder-model m --embedder-key-env NONE | environment variable
          --treatment polish                               | known are flush-queue, purge-queue
          --source /nonexistent/backup                     | no such directory
          --collection c                                   | --rebuild-index
          --collection c --treatment vacuum                | flush-queue
          """)
  void optionsThatMakeNoSenseAreWrongUsage(String options, String said) {
    CommandRun run = run(Map.of(), options);

    assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
    assertThat(run.err()).contains(said, "nothing was changed").doesNotContain("secret");
  }

  @Test
  void theKeyIsShownNowhere() {
    CommandRun run =
        run(
            Map.of("KEY", "top-secret"),
            "--embedder http://h --embedder-model m --embedder-key-env KEY --treatment polish");

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.out() + run.err()).doesNotContain("top-secret");
  }

  private static CommandRun run(Map<String, String> variables, String options) {
    String[] line =
        Stream.concat(
                Stream.of("repair", "--yes", "--palace", "/nonexistent"),
                Stream.of(options.split(" ")))
            .toArray(String[]::new);
    return CommandRun.in(
        new Environment(variables, Path.of("/nonexistent")), Optional.empty(), line);
  }
}
