package palace.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static palace.cli.CommandRun.palace;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is said and done about a palace whose exchange was killed between its two steps: it stands
/// beside its path, and nothing at it.
final class RecoveryVerbsTest {
  private static final String RUN = "20261121T034700Z-1a2b3c";

  @TempDir private Path temp;
  private Path palace;
  private Path aside;

  @BeforeEach
  void stopBetweenTheSteps() throws IOException {
    palace = FrozenPalace.unpack("0.6.3", temp.resolve("palace"));
    aside = temp.resolve("palace.aside-" + RUN);
    Files.move(palace, aside);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "status",
        "doctor",
        "migrate --dry-run",
        "repair --dry-run",
        "snapshot list",
        "snapshot verify"
      })
  void whateverIsAskedNextPutsThePalaceBackAndSaysSo(String verb) {
    CommandRun run = palace((verb + " --palace " + palace).split(" "));

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.err()).contains("palace: recovered: ", aside.toString());
    assertThat(palace.resolve("chroma.sqlite3")).exists();
    assertThat(aside).doesNotExist();
    assertThat(palace((verb + " --palace " + palace).split(" ")).err()).isEmpty();
  }

  @Test
  void theDocumentSaysWhatWasSettledFirst() throws Exception {
    var json = palace("status", "--json", palace.toString()).json();

    assertThat(json.path("drawers").asInt()).isEqualTo(279);
    assertThat(json.path("recovered")).hasSize(1);
    assertThat(json.path("needsAttention").asBoolean()).isFalse();
  }

  @Test
  void aMigrationGoesOnAfterIt() {
    CommandRun run = palace("migrate", "--yes", palace.toString());

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.err()).contains("recovered: ");
    assertThat(palace("status", palace.toString()).out()).contains("1.5.0-1.5.9", "279 drawers");
  }

  @Test
  void recoverSaysWhatItWouldDoAndDoesIt() throws Exception {
    var before = Fingerprint.of(temp);

    CommandRun planned = palace("recover", "--dry-run", palace.toString());
    assertThat(planned.exitCode()).isEqualTo(5);
    assertThat(planned.out()).contains("nothing is at " + palace, aside.toString());
    assertThat(palace("recover", "--dry-run", "--json", palace.toString()).json().path("pending"))
        .isNotEmpty();
    before.assertUnchanged();

    CommandRun run = palace("recover", palace.toString());
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains("recovered: ", aside.toString());
    assertThat(palace.resolve("chroma.sqlite3")).exists();
    assertThat(palace("recover", palace.toString()).out()).contains("nothing to recover");
    var json = palace("recover", "--json", palace.toString()).json();
    assertThat(json.path("outcome").asText()).isEqualTo("nothing-to-do");
    assertThat(json.path("recovered")).isEmpty();
  }

  @Test
  void aLeftoverIsTidiedByRecover() throws Exception {
    Files.move(aside, palace);
    Path build = Files.createDirectory(temp.resolve("palace.build-" + RUN));

    CommandRun status = palace("status", palace.toString());
    assertThat(status.exitCode()).isEqualTo(5);
    assertThat(status.out())
        .contains("left over, costs only room: " + build, "palace recover " + palace);
    assertThat(palace("recover", palace.toString()).exitCode()).isZero();
    assertThat(build).doesNotExist();
    assertThat(palace("status", palace.toString()).exitCode()).isZero();
  }
}
