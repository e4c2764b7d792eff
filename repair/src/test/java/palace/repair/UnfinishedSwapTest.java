package palace.repair;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import palace.common.Progress;
import palace.common.doctor.DirectoryFinding;
import palace.common.doctor.Doctor;
import palace.common.files.FileDigest;
import palace.common.files.FileOps;
import palace.common.files.TreeDelete;
import palace.common.files.TreeDigest;

/// A `mempalace migrate` that was killed while it copied the new palace to the place of the old one
/// leaves a database that is cut; the old palace goes back, and nothing else does.
class UnfinishedSwapTest {
  private static final double COPIED = 0.9;

  @TempDir Path folder;

  /// The palace as it was, with everything that belongs to it.
  private Path old;

  private SamplePalace palace;
  private Map<String, FileDigest> before;

  private void migrateInterrupted(String... sql) throws IOException {
    palace = SamplePalace.in(folder);
    Files.writeString(palace.directory().resolve("notes.txt"), "beside the store");
    before = TreeDigest.of(palace.directory());
    old = folder.resolve("palace.old");
    Files.move(palace.directory(), old);
    Files.createDirectory(palace.directory());
    Files.copy(old.resolve("chroma.sqlite3"), palace.database());
    // As MemPalace numbers the drawers that it adds to its new palace.
    palace.sql(
        "DELETE FROM embeddings_queue",
        "UPDATE embeddings SET seq_id = (SELECT count(*) FROM embeddings e WHERE e.id <= embeddings.id)");
    palace.sql(sql);
    cut();
  }

  private void cut() throws IOException {
    try (var file = new RandomAccessFile(palace.database().toFile(), "rw")) {
      file.setLength((long) (file.length() * COPIED));
    }
  }

  private Outcome repair(FileOps ops) throws IOException {
    return new Repair(Progress.SILENT, ops, Clock.systemUTC(), step -> {}).run(request());
  }

  private RepairRequest request() {
    return RepairRequest.of(palace.directory(), "test");
  }

  private void requireWhole() throws IOException {
    var after = TreeDigest.of(palace.directory());
    assertThat(after).containsKey("notes.txt");
    assertThat(new SamplePalace(old).rows()).isEqualTo(palace.rows());
    before.keySet().stream()
        .filter(name -> !name.contains(".sqlite3"))
        .forEach(name -> assertThat(after).containsEntry(name, before.get(name)));
    assertThat(TreeDigest.of(old)).isEqualTo(before);
    assertThat(Doctor.examine(palace.directory(), Progress.SILENT).damages()).isEmpty();
  }

  private boolean isFound() throws IOException {
    return Doctor.examine(palace.directory(), Progress.SILENT).findings().stream()
        .anyMatch(DirectoryFinding.SwapUnfinished.class::isInstance);
  }

  @Test
  void thePalaceFromBeforeGoesBackAndThePartBecomesASnapshot() throws IOException {
    migrateInterrupted();
    byte[] part = palace.bytes();
    assertThat(isFound()).isTrue();
    assertThat(new Repair(Progress.SILENT).run(request().planned()))
        .isInstanceOf(Outcome.Planned.class);
    assertThat(palace.bytes()).isEqualTo(part);

    var outcome = (Outcome.PutBack) repair(FileOps.real());

    assertThat(outcome.from()).isEqualTo(old);
    requireWhole();
    Path snapshot =
        folder.resolve("palace.ops/snapshots").resolve(outcome.displaced().orElseThrow().value());
    assertThat(snapshot.resolve("palace/chroma.sqlite3")).hasBinaryContent(part);
  }

  /// What a cut database and an `N.old` beside it can also come from, long after a migration.
  enum Otherwise {
    FILES_BESIDE_THE_STORE,
    ANOTHER_DRAWER,
    MORE_WRITES,
    OLD_DAMAGED_TOO
  }

  @ParameterizedTest
  @EnumSource
  void aDamagedPalaceIsNoUnfinishedCopy(Otherwise otherwise) throws IOException {
    switch (otherwise) {
      case FILES_BESIDE_THE_STORE -> {
        migrateInterrupted();
        Files.writeString(palace.directory().resolve("diary.txt"), "written since");
      }
      case ANOTHER_DRAWER ->
          migrateInterrupted(
              "UPDATE embeddings SET embedding_id = 'written since' WHERE id = (SELECT min(id) FROM embeddings)");
      case MORE_WRITES -> migrateInterrupted("UPDATE embeddings SET seq_id = seq_id + 1000");
      case OLD_DAMAGED_TOO -> {
        migrateInterrupted();
        new SamplePalace(old).scrambleHeader();
      }
    }

    assertThat(isFound()).isFalse();
  }

  /// Every step of the exchange fails once, and so does whatever would undo it.
  @Test
  void anInterruptionAnywhereIsSettledByTheNextRun() throws IOException {
    migrateInterrupted();
    for (int last = 0; ; last++) {
      var failing = new FailingOps(last);
      try {
        repair(failing.ops());
      } catch (IOException expected) {
        // Settled below.
      }
      boolean done = failing.steps() <= last;

      repair(FileOps.real());

      requireWhole();
      if (done) {
        assertThat(last).isGreaterThan(5);
        return;
      }
      TreeDelete.delete(folder.resolve("palace"));
      TreeDelete.delete(folder.resolve("palace.ops"));
      TreeDelete.delete(old);
      assertThat(folder).isEmptyDirectory();
      migrateInterrupted();
    }
  }
}
