package palace.repair;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
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
import palace.common.files.TreeCopy;
import palace.common.files.TreeDelete;
import palace.common.files.TreeDigest;

/// A `mempalace migrate` that was killed while it copied the new palace to the place of the old one
/// leaves a database that is cut; the old palace goes back, and nothing else does.
class UnfinishedSwapTest {
  private static final double COPIED = 0.9;
  private static final String COUNT =
      "SELECT count(*) FROM embeddings e JOIN segments s ON s.id = e.segment_id JOIN collections c ON c.id = s.collection WHERE c.name = '%s'";

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

  /// As MemPalace fills its new palace: the drawers of all collections in one, numbered from 1.
  private void migrateUpToTheIndex(String... sql) throws IOException {
    palace = SamplePalace.in(folder);
    Files.writeString(palace.directory().resolve("notes.txt"), "beside the store");
    before = TreeDigest.of(palace.directory());
    old = folder.resolve("palace.old");
    TreeCopy.copy(palace.directory(), old);
    for (String entry :
        List.of("notes.txt", "knowledge_graph.sqlite3", "mempalace_embedder.json")) {
      Files.delete(palace.directory().resolve(entry));
    }
    palace.uniteCollections();
    palace.sql(sql);
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

  /// How far the copy of an index had come that the database needs.
  enum Index {
    NOT_BEGUN,
    CUT
  }

  @ParameterizedTest
  @EnumSource
  void aWholeDatabaseWithoutItsIndexIsAPartToo(Index index) throws IOException {
    migrateUpToTheIndex();
    switch (index) {
      case NOT_BEGUN -> TreeDelete.delete(palace.index());
      case CUT -> {
        try (var level =
            new RandomAccessFile(palace.index().resolve("data_level0.bin").toFile(), "rw")) {
          level.setLength(level.length() / 2);
        }
        Files.delete(palace.index().resolve("index_metadata.pickle"));
      }
    }
    assertThat(isFound()).isTrue();

    assertThat(repair(FileOps.real())).isInstanceOf(Outcome.PutBack.class);

    requireWhole();
  }

  /// What a palace that lost its index, and an `N.old` beside it, can also come from.
  enum Lost {
    FILES_BESIDE_THE_STORE,
    ANOTHER_DRAWER,
    MORE_WRITES
  }

  @ParameterizedTest
  @EnumSource
  void aPalaceThatLostItsIndexIsNoUnfinishedCopy(Lost lost) throws IOException {
    switch (lost) {
      case FILES_BESIDE_THE_STORE -> {
        migrateUpToTheIndex();
        Files.writeString(palace.directory().resolve("diary.txt"), "written since");
      }
      case ANOTHER_DRAWER ->
          migrateUpToTheIndex(
              "UPDATE embeddings SET embedding_id = 'written since' WHERE id = (SELECT min(id) FROM embeddings)");
      case MORE_WRITES ->
          migrateUpToTheIndex(
              "UPDATE embeddings_queue SET seq_id = seq_id + 1 WHERE seq_id = (SELECT max(seq_id) FROM embeddings_queue)");
    }
    TreeDelete.delete(palace.index());

    assertThat(isFound()).isFalse();
  }

  /// Killed later still, while it deleted the old palace, of which everything is there yet.
  @Test
  void whatAMigrationForgotComesBack() throws IOException {
    migrateUpToTheIndex();

    assertThat(repair(FileOps.real())).isInstanceOf(Outcome.Repaired.class);

    var after = TreeDigest.of(palace.directory());
    before.keySet().stream()
        .filter(name -> !name.contains("/") && !name.contains("chroma.sqlite3"))
        .forEach(name -> assertThat(after).containsEntry(name, before.get(name)));
    assertThat(palace.contents())
        .containsEntry(
            SamplePalace.CLOSETS, new SamplePalace(old).contents().get(SamplePalace.CLOSETS));
    assertThat(palace.number(COUNT.formatted(SamplePalace.DRAWERS))).isEqualTo(68);
    assertThat(TreeDigest.of(old)).isEqualTo(before);
    assertThat(Doctor.examine(palace.directory(), Progress.SILENT).damages()).isEmpty();
  }

  @Test
  void otherFilesThatAMigrationForgotComeBackToo() throws IOException {
    migrateUpToTheIndex();
    TreeDelete.delete(old);
    TreeCopy.copy(palace.directory(), old);
    Files.writeString(old.resolve("notes.txt"), "beside the store");

    assertThat(repair(FileOps.real())).isInstanceOf(Outcome.Repaired.class);

    assertThat(palace.directory().resolve("notes.txt")).hasContent("beside the store");
  }

  @Test
  void aFileThatWasDeletedSinceDoesNotComeBack() throws IOException {
    palace = SamplePalace.in(folder);
    old = folder.resolve("palace.old");
    TreeCopy.copy(palace.directory(), old);
    Files.writeString(old.resolve("notes.txt"), "beside the store");

    assertThat(repair(FileOps.real())).isInstanceOf(Outcome.Healthy.class);
  }

  @Test
  void aCollectionThatWasDeletedSinceDoesNotComeBack() throws IOException {
    migrateUpToTheIndex(
        "UPDATE embeddings SET embedding_id = 'other ' || id WHERE id > 60",
        "UPDATE embeddings_queue SET id = 'other ' || id WHERE seq_id > 60");

    assertThat(Doctor.examine(palace.directory(), Progress.SILENT).findings())
        .noneMatch(DirectoryFinding.CollectionGone.class::isInstance);
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
