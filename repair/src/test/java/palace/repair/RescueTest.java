package palace.repair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.chroma.ChromaDatabase;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.Doctor;
import palace.common.doctor.Finding;
import palace.common.restore.Restore;
import palace.common.restore.RestoreReport;
import palace.common.restore.RestoreRequest;
import palace.common.snapshot.SnapshotEntry;
import palace.common.snapshot.SnapshotStore;

/// A palace whose database SQLite cannot read whole gets a fresh one with every row that is left,
/// and the damaged one is kept, byte for byte.
class RescueTest {
  @TempDir Path folder;

  private static Outcome repair(SamplePalace palace) throws IOException {
    return new Repair(Progress.SILENT).run(RepairRequest.of(palace.directory(), "test"));
  }

  private static RepairReport report(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Repaired(RepairReport report) -> report;
      case Outcome.PartlyRepaired(RepairReport report) -> report;
      default -> throw new AssertionError(outcome);
    };
  }

  private static List<String> codes(List<Finding> findings) {
    return findings.stream().map(Finding::code).toList();
  }

  private static Diagnosis doctor(SamplePalace palace) throws IOException {
    return Doctor.examine(palace.directory(), Progress.SILENT);
  }

  private static void scramble(SamplePalace palace) throws IOException {
    palace.scrambleHeader();
  }

  @Test
  void rowsThatOnlyTheLogHasAreInTheFreshDatabase() throws Exception {
    SamplePalace palace = SamplePalace.in(folder);
    Path log = palace.directory().resolve("chroma.sqlite3-wal");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + palace.database());
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute(
          "UPDATE embedding_metadata SET string_value = 'written last' WHERE key = 'room'");
      Files.copy(palace.database(), folder.resolve("main"));
      Files.copy(log, folder.resolve("log"));
    }
    String rows = palace.rows();
    Files.move(folder.resolve("main"), palace.database(), StandardCopyOption.REPLACE_EXISTING);
    Files.move(folder.resolve("log"), log, StandardCopyOption.REPLACE_EXISTING);
    Files.deleteIfExists(palace.directory().resolve("chroma.sqlite3-shm"));
    scramble(palace);

    repair(palace);

    assertThat(palace.rows()).isEqualTo(rows).contains("written last");
    assertThat(doctor(palace).damages()).isEmpty();
  }

  @Test
  void everyRowOfAFileWithoutHeaderIsInTheFreshDatabase() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    String rows = palace.rows();
    scramble(palace);

    Outcome outcome = repair(palace);

    assertThat(outcome).isInstanceOf(Outcome.Repaired.class);
    assertThat(report(outcome).lost()).isEmpty();
    assertThat(palace.rows().lines()).containsExactlyElementsOf(rows.lines().toList());
    assertThat(doctor(palace).damages()).isEmpty();
    assertThat(palace.texts("PRAGMA integrity_check")).containsExactly("ok");
  }

  @Test
  void theDamagedFileAndWhatLayBesideItAreKeptByteForByte() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    scramble(palace);
    Path journal = palace.directory().resolve("chroma.sqlite3-journal");
    Files.write(journal, new byte[] {0, 1, 2, 3});
    byte[] damaged = palace.bytes();

    Path snapshot = report(repair(palace)).snapshot();

    assertThat(snapshot.resolve("chroma.sqlite3")).hasBinaryContent(damaged);
    assertThat(snapshot.resolve("chroma.sqlite3-journal"))
        .hasBinaryContent(new byte[] {0, 1, 2, 3});
    assertThat(journal).doesNotExist();
    List<SnapshotEntry> kept = SnapshotStore.in(folder.resolve("palace.ops")).list();
    assertThat(kept).hasSize(1);
    assertThat(SnapshotStore.in(folder.resolve("palace.ops")).verify(kept.getFirst())).isEmpty();
  }

  @Test
  void indexesAreCuredInTheSameRun() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    palace.breakEntryPoint();
    Path old = palace.index();
    scramble(palace);

    RepairReport report = report(repair(palace));

    assertThat(report.done().stream().map(done -> done.treatment().code()))
        .containsExactly("rescue-database", "rebuild-index");
    assertThat(doctor(palace).findings()).isEmpty();
    assertThat(old).doesNotExist();
    assertThat(report.snapshot().resolve("segments").resolve(old.getFileName())).isDirectory();
  }

  /// The full-text tables are made anew in any case, and SQLite cannot even delete them.
  @Test
  void damageThatOnlyAChangeMeetsLosesNothing() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    String rows = palace.rows();
    palace.zeroLeaf("embedding_fulltext_search_data");

    RepairReport report = report(repair(palace));

    assertThat(report.done().stream().map(done -> done.treatment().code()))
        .contains("rescue-database");
    assertThat(report.lost()).isEmpty();
    assertThat(palace.rows().lines()).containsExactlyElementsOf(rows.lines().toList());
    assertThat(doctor(palace).damages()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"sqlite_autoindex_embedding_metadata_1", "embedding_metadata_string_value"})
  void anIndexThatSqliteCannotReadLosesNothing(String index) throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    String rows = palace.rows();
    palace.zeroLeaf(index);
    assertThat(doctor(palace).damages()).isNotEmpty();

    Outcome outcome = repair(palace);

    assertThat(outcome).isInstanceOf(Outcome.Repaired.class);
    assertThat(palace.rows().lines()).containsExactlyElementsOf(rows.lines().toList());
    assertThat(doctor(palace).findings()).isEmpty();
  }

  @Test
  void aMissingTableIsThereAgainAndTheOthersAreWhole() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    palace.sql("DROP TABLE embeddings_queue_config");
    List<String> rows = palace.rows().lines().toList();
    assertThat(codes(doctor(palace).findings())).contains("table-missing");

    Outcome outcome = repair(palace);

    assertThat(outcome).isInstanceOf(Outcome.Repaired.class);
    assertThat(palace.rows().lines()).containsSubsequence(rows);
    assertThat(palace.number("SELECT count(*) FROM embeddings_queue_config")).isNotNegative();
    assertThat(doctor(palace).damages()).isEmpty();
  }

  @Test
  void aColumnThatAMigrationLacksIsThereAgain() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    palace.sql("ALTER TABLE collection_metadata DROP COLUMN bool_value");
    assertThat(codes(doctor(palace).findings())).contains("migration-half-done");
    long drawers = palace.number("SELECT count(*) FROM embeddings");

    Outcome outcome = repair(palace);

    assertThat(outcome).isInstanceOf(Outcome.Repaired.class);
    assertThat(doctor(palace).damages()).isEmpty();
    assertThat(palace.number("SELECT count(*) FROM embeddings")).isEqualTo(drawers);
  }

  @Test
  void theDoctorSaysWhatCanBeHadAndLeavesNothingBehind() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    long drawers = palace.number("SELECT count(*) FROM embeddings");
    scramble(palace);
    var before = palace.digests();

    Diagnosis diagnosis = doctor(palace);

    assertThat(codes(diagnosis.findings())).containsExactly("database-unreadable");
    assertThat(diagnosis.collections().stream().mapToLong(each -> each.drawers()).sum())
        .isEqualTo(drawers);
    assertThat(palace.digests()).isEqualTo(before);
    assertThat(folder.resolve("palace.ops")).doesNotExist();
  }

  @Test
  void aDryRunPlansTheRescueAndWhatFollows() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    palace.breakEntryPoint();
    scramble(palace);
    var before = palace.digests();

    Outcome outcome =
        new Repair(Progress.SILENT).run(RepairRequest.of(palace.directory(), "test").planned());

    assertThat(outcome)
        .isInstanceOfSatisfying(
            Outcome.Planned.class,
            planned ->
                assertThat(planned.plan().treatments().stream().map(Treatment::code))
                    .containsExactly("rescue-database", "rebuild-index"));
    assertThat(palace.digests()).isEqualTo(before);
  }

  @Test
  void aFileInWhichNothingIsLeftIsRefusedAndNotTouched() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    Files.write(palace.database(), new byte[1 << 16]);
    var before = palace.digests();

    assertThat(codes(doctor(palace).findings()))
        .containsExactly("database-unreadable", "database-nothing-left");
    assertThatThrownBy(() -> repair(palace))
        .isInstanceOf(PalaceException.Refused.class)
        .hasMessageContaining("nothing was changed");

    assertThat(palace.digests()).isEqualTo(before);
    assertThat(palace.directory().resolve(".palace")).doesNotExist();
  }

  @Test
  void aJournalOfAnInterruptedWriteIsHonouredBeforeTheFileIsRead() throws Exception {
    SamplePalace palace = SamplePalace.in(folder);
    String rows = palace.rows();
    interruptWrite(palace);
    scramble(palace);

    RepairReport report = report(repair(palace));

    assertThat(report.rescued().orElseThrow().notes()).isEmpty();
    assertThat(palace.rows().lines()).containsExactlyElementsOf(rows.lines().toList());
  }

  @Test
  void aRestorePutsTheDamagedFileBackAndItsUndoTheFreshOne() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    palace.breakEntryPoint();
    scramble(palace);
    var damaged = palace.digests();
    RepairReport report = report(repair(palace));
    var rescued = palace.digests();

    RestoreReport back = restore(palace, report.run().value());
    assertThat(palace.digests()).isEqualTo(damaged);

    restore(palace, back.run().value());
    assertThat(palace.digests()).isEqualTo(rescued);
    assertThat(doctor(palace).damages()).isEmpty();
  }

  @Test
  void whatOnlyTheLogHoldsIsInTheFreshDatabaseToo() throws Exception {
    SamplePalace palace = SamplePalace.in(folder);
    long page = palace.leafOf("sqlite_autoindex_embedding_metadata_1");
    String rows = writeIntoLog(palace);
    palace.zeroPage(page);

    RepairReport report = report(repair(palace));

    assertThat(report.rescued().orElseThrow().notes()).isEmpty();
    assertThat(palace.rows().lines()).containsExactlyElementsOf(rows.lines().toList());
    assertThat(palace.number("SELECT count(*) FROM embedding_metadata WHERE int_value=4711"))
        .isEqualTo(1);
    assertThat(palace.directory().resolve("chroma.sqlite3-wal")).doesNotExist();
    assertThat(report.snapshot().resolve("chroma.sqlite3-wal")).isNotEmptyFile();
  }

  @Test
  void aVectorOlderThanALostWriteIsNotTakenForTheLastOne() throws Exception {
    SamplePalace palace = SamplePalace.in(folder);
    String id =
        palace
            .texts(
                "SELECT q.id FROM embeddings_queue q JOIN collections c ON q.topic LIKE '%' || c.id"
                    + " WHERE c.name='mempalace_drawers' AND vector IS NOT NULL ORDER BY seq_id DESC LIMIT 1")
            .getFirst();
    assertThat(codes(doctor(palace).findings())).doesNotContain("vectors-missing-everywhere");
    palace.sql(
        "UPDATE embeddings SET seq_id=x'0000000000000fff' WHERE embedding_id='%s'".formatted(id));

    assertThat(codes(doctor(palace).findings())).contains("vectors-missing-everywhere");
  }

  @Test
  void aFileThatAnotherProcessHasOpenIsNotReplaced() throws Exception {
    SamplePalace palace = SamplePalace.in(folder);
    scramble(palace);
    var before = palace.digests();
    Process reader =
        new ProcessBuilder("tail", "-f", palace.database().toString())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      Thread.sleep(500);
      assertThatThrownBy(() -> repair(palace)).isInstanceOf(PalaceException.Busy.class);
    } finally {
      reader.destroy();
      reader.waitFor();
    }
    assertThat(palace.digests()).isEqualTo(before);
  }

  /// Leaves a database whose newest rows only the write-ahead log holds; gives all rows.
  private String writeIntoLog(SamplePalace palace) throws IOException {
    Path log = palace.directory().resolve("chroma.sqlite3-wal");
    Path copy = folder.resolve("logged");
    Path logCopy = folder.resolve("logged-wal");
    palace.sql("PRAGMA journal_mode=WAL");
    try (ChromaDatabase writer = ChromaDatabase.openForWriting(palace.database())) {
      writer.execute(
          "UPDATE embedding_metadata SET int_value=4711 WHERE id=7 AND key='chunk_index'");
      Files.copy(palace.database(), copy);
      Files.copy(log, logCopy);
    }
    String rows = palace.rows();
    Files.move(copy, palace.database(), StandardCopyOption.REPLACE_EXISTING);
    Files.move(logCopy, log, StandardCopyOption.REPLACE_EXISTING);
    return rows;
  }

  /// Leaves a database as it is when a transaction has spilled into the file and its process died.
  private void interruptWrite(SamplePalace palace) throws IOException {
    Path journal = palace.directory().resolve("chroma.sqlite3-journal");
    Path copy = folder.resolve("spilled");
    Path journalCopy = folder.resolve("spilled-journal");
    try (ChromaDatabase writer = ChromaDatabase.openForWriting(palace.database())) {
      writer.execute("PRAGMA cache_size=5");
      writer.execute("BEGIN IMMEDIATE");
      writer.execute("UPDATE embedding_metadata SET string_value = string_value || 'x'");
      Files.copy(palace.database(), copy);
      Files.copy(journal, journalCopy);
      writer.execute("ROLLBACK");
    }
    Files.move(copy, palace.database(), StandardCopyOption.REPLACE_EXISTING);
    Files.move(journalCopy, journal);
  }

  private static RestoreReport restore(SamplePalace palace, String id) throws IOException {
    return new Restore(Progress.SILENT).restore(RestoreRequest.of(palace.directory(), id, "test"));
  }
}
