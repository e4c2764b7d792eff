package palace.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static palace.cli.CommandRun.palace;
import static palace.cli.CommandRun.palaceAsking;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Keeping states of a palace, proving them and going back: 279 drawers in six collections.
final class SnapshotVerbsTest {
  @TempDir private Path temp;
  private String path;

  @BeforeEach
  void unpack() throws IOException {
    path = FrozenPalace.unpack("0.6.3", temp.resolve("palace")).toString();
  }

  @Test
  void aSnapshotIsMadeListedProvenAndPutBack() throws Exception {
    JsonNode before = digests();

    JsonNode made = palace("snapshot", "create", "--json", path).json();

    assertThat(made.path("command").asText()).isEqualTo("snapshot create");
    String id = made.path("snapshot").path("id").asText();
    assertThat(made.path("restore").asText()).isEqualTo("palace restore " + id + " " + path);
    assertThat(Path.of(made.path("snapshot").path("directory").asText())).isDirectory();
    CommandRun listed = palace("snapshot", "list", path);
    assertThat(listed.exitCode()).isZero();
    assertThat(listed.out()).contains(id + "  full, by snapshot create, ", "279 drawers");
    assertThat(palace("snapshot", "verify", path).out()).isEqualTo(id + "  sound\n");
    assertThat(palace("status", path).out()).contains("snapshots: 1, ", id + "  full");
    deleteTree(Path.of(path));

    CommandRun restored = palace("restore", "--yes", id, path);

    assertThat(restored.exitCode()).as(restored.err()).isZero();
    assertThat(restored.out()).contains("restored: snapshot " + id + " (full)");
    assertThat(digests()).isEqualTo(before);
  }

  @Test
  void aRestoreIsPlannedAskedForAndUndoneByAnother() throws Exception {
    JsonNode before = digests();
    JsonNode migrated = palace("migrate", "--yes", "--json", path).json();
    String id = Path.of(migrated.path("snapshot").asText()).getParent().getFileName().toString();
    var after = Fingerprint.of(temp);

    CommandRun planned = palace("restore", "--dry-run", id, path);
    assertThat(planned.exitCode()).as(planned.err()).isZero();
    assertThat(planned.out())
        .contains("plan: put snapshot " + id, "mempalace_drawers: 121 drawers now, 121 then")
        .contains("nothing was changed");
    assertThat(palace("restore", id, path).exitCode()).isEqualTo(3);
    assertThat(palaceAsking("n\n", "restore", id, path).err()).contains("plan: put", "declined");
    after.assertUnchanged();

    CommandRun restored = palaceAsking("y\n", "restore", id, path);
    assertThat(restored.exitCode()).as(restored.err()).isZero();
    assertThat(palace("status", path).out()).contains("chroma 0.5.6-0.6.3");
    assertThat(digests()).isEqualTo(before);

    JsonNode again = palace("restore", "--yes", "--json", id, path).json();
    assertThat(again.path("outcome").asText()).isEqualTo("nothing-to-do");
    String previous = again.path("previous").asText();
    assertThat(restored.out()).contains("undo with: palace restore " + previous + " " + path);
    assertThat(palace("restore", "--yes", previous, path).exitCode()).isZero();
    assertThat(palace("status", path).out()).contains("chroma 1.5.0-1.5.9");
    assertThat(digests()).isEqualTo(before);
  }

  @Test
  void aDamagedSnapshotIsFoundAndNotPutBack() throws Exception {
    String id =
        palace("snapshot", "create", "--json", path).json().path("snapshot").path("id").asText();
    Path kept = temp.resolve("palace.ops/snapshots").resolve(id);
    try (var file = new RandomAccessFile(kept.resolve("palace/chroma.sqlite3").toFile(), "rw")) {
      file.seek(5000);
      int old = file.read();
      file.seek(5000);
      file.write(old ^ 1);
    }
    var before = Fingerprint.of(temp);

    for (List<String> verify :
        List.of(List.of("snapshot", "verify", path), List.of("snapshot", "verify", id, path))) {
      CommandRun run = palace(verify.toArray(String[]::new));
      assertThat(run.exitCode()).isEqualTo(5);
      assertThat(run.out()).contains(id + "  damaged", "chroma.sqlite3 is not what it was");
    }
    JsonNode json = palace("snapshot", "verify", "--json", path).json();
    assertThat(json.path("snapshots").path(0).path("differences").path(0).path("code").asText())
        .isEqualTo("changed");
    CommandRun planned = palace("restore", "--dry-run", id, path);
    assertThat(planned.exitCode()).isEqualTo(5);
    assertThat(planned.out()).contains("damaged: ", "chroma.sqlite3");
    CommandRun refused = palace("restore", "--yes", id, path);
    assertThat(refused.exitCode()).isEqualTo(3);
    assertThat(refused.err()).contains("chroma.sqlite3", "nothing was changed");
    before.assertUnchanged();
  }

  @Test
  void anIdThatNobodyHasIsRefused() throws Exception {
    palace("snapshot", "create", "--scope", "db", path);
    var before = Fingerprint.of(temp);

    for (String id : List.of("20261121T034700Z-1a2b3c", "../x", "/etc", ".", "")) {
      for (String mode : List.of("--yes", "--dry-run")) {
        CommandRun run = palace("restore", mode, id, path);
        assertThat(run.exitCode()).as("%s: %s", id, run.err()).isEqualTo(3);
        assertThat(run.err()).contains("nothing was changed", "palace snapshot list");
      }
    }
    assertThat(palace("snapshot", "verify", "20261121T034700Z-1a2b3c", path).exitCode())
        .isEqualTo(3);
    before.assertUnchanged();
  }

  @Test
  void whereAPalaceIsGoneItsSnapshotsAreNamed() throws Exception {
    palace("snapshot", "create", path);
    deleteTree(Path.of(path));

    CommandRun run = palace("doctor", path);

    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(run.err()).contains("no such directory", "palace snapshot list " + path);
  }

  private JsonNode digests() throws IOException {
    JsonNode digests = palace("doctor", "--digest", "--json", path).json().path("digests");
    assertThat(digests).hasSize(6);
    return digests;
  }

  private static void deleteTree(Path tree) throws IOException {
    try (Stream<Path> paths = Files.walk(tree)) {
      for (Path each : paths.toList().reversed()) {
        Files.delete(each);
      }
    }
  }
}
