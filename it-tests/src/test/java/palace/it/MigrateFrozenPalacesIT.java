package palace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Every frozen palace goes to every judge's release, and that real release finds everything: ids,
/// documents, typed metadata, vectors, filters, queries, writes, and all of it again after it
/// persisted its index.
@Execution(ExecutionMode.CONCURRENT)
class MigrateFrozenPalacesIT {
  private static final List<String> TARGETS = List.of("0.5.23", "0.6.3", "1.0.15", "1.5.9");

  static Stream<Arguments> journeys() throws IOException {
    return FrozenPalace.all().stream()
        .flatMap(palace -> TARGETS.stream().map(target -> Arguments.of(palace, target)));
  }

  @ParameterizedTest(name = "{0} to {1}")
  @MethodSource("journeys")
  void realChromaFindsEverythingAfterTheMigration(FrozenPalace palace, String target)
      throws Exception {
    Oracle.assumeEnvironment(target);

    var answer =
        Oracle.script(
            "table",
            "--palace-cmd",
            Oracle.PALACE.toString(),
            "--only",
            palace.name(),
            "--to",
            target,
            "--jobs",
            "1");

    assertThat(answer.exitCode()).as("%s", answer).isZero();
  }
}
