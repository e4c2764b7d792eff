package palace.repair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.doctor.Doctor;
import palace.common.doctor.Finding;
import palace.common.pickle.IndexPickle;
import palace.common.restore.Restore;
import palace.common.restore.RestoreRequest;
import palace.common.store.ContentDigest;
import palace.common.store.NeedsEmbedding;
import palace.common.store.Palace;

class RepairTest {
  private static final String SEGMENTS =
      "SELECT collection || ' ' || scope || ' ' || id FROM segments ORDER BY 1";

  @TempDir Path folder;

  private static Outcome repair(SamplePalace palace) throws IOException {
    return new Repair(Progress.SILENT).run(RepairRequest.of(palace.directory(), "test"));
  }

  static RepairReport report(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Repaired(RepairReport report) -> report;
      case Outcome.PartlyRepaired(RepairReport report) -> report;
      case Outcome.Healthy healthy -> throw new AssertionError("nothing was repaired");
      case Outcome.Planned planned -> throw new AssertionError("nothing was repaired");
      case Outcome.Waiting waiting -> throw new AssertionError("nothing was repaired");
      case Outcome.PutBack(Path from, var displaced, Outcome then) -> report(then);
    };
  }

  private static String digest(SamplePalace palace) throws IOException {
    try (Palace opened = Palace.open(palace.directory());
        var state =
            opened.open(
                opened.collections().stream()
                    .filter(row -> row.name().equals(SamplePalace.DRAWERS))
                    .findFirst()
                    .orElseThrow())) {
      return ContentDigest.of(state, 50);
    }
  }

  @Test
  void aSoundPalaceIsNotTouched() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    var files = palace.digests();
    assertThat(repair(palace)).isInstanceOf(Outcome.Healthy.class);
    assertThat(palace.digests()).isEqualTo(files);
    assertThat(folder.resolve("palace.ops")).doesNotExist();
  }

  @Test
  void aPlanWritesNothing() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    palace.breakEntryPoint();
    var files = palace.digests();
    Outcome outcome =
        new Repair(Progress.SILENT).run(RepairRequest.of(palace.directory(), "test").planned());
    assertThat(outcome)
        .isInstanceOfSatisfying(
            Outcome.Planned.class,
            planned ->
                assertThat(planned.plan().treatments())
                    .extracting(Treatment::code)
                    .containsExactly("rebuild-index"));
    assertThat(palace.digests()).isEqualTo(files);
    assertThat(folder.resolve("palace.ops")).doesNotExist();
  }

  @Test
  void aBrokenIndexIsReplacedUnderANewNameAndKept() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    String before = digest(palace);
    palace.breakEntryPoint();
    String old = palace.vectorSegment();

    RepairReport report = report(repair(palace));

    assertThat(digest(palace)).isEqualTo(before);
    assertThat(palace.vectorSegment()).isNotEqualTo(old);
    assertThat(palace.index()).isDirectory();
    assertThat(palace.directory().resolve(old)).doesNotExist();
    assertThat(report.snapshot().resolve("segments").resolve(old).resolve("header.bin")).exists();
    assertThat(report.lost()).isEmpty();
    assertThat(Doctor.examine(palace.directory(), Progress.SILENT).isHealthy()).isTrue();
  }

  @Test
  void everyRowThatTiesACollectionToItsSegmentsIsGivenBack() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    String before = digest(palace);
    List<String> segments = palace.texts(SEGMENTS);
    palace.sql("DELETE FROM segments");

    report(repair(palace));

    assertThat(palace.texts(SEGMENTS)).isEqualTo(segments);
    assertThat(digest(palace)).isEqualTo(before);
  }

  /// Where the queue does not tell any more whose the records are, the ids in the indexes do.
  @Test
  void recordsGoToTheCollectionWhoseIndexHasTheirIds() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    String records = SEGMENTS.replace(" ORDER", " WHERE scope='METADATA' ORDER");
    List<String> segments = palace.texts(records);
    palace.sql("DELETE FROM segments WHERE scope='METADATA'", "DELETE FROM embeddings_queue");

    report(repair(palace));

    assertThat(palace.texts(records)).isEqualTo(segments);
  }

  @Test
  void aDocumentThatIsNoTextAnyMoreIsTakenFromTheFullTextSearch() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    String before = digest(palace);
    palace.sql(
        "UPDATE embedding_metadata SET string_value=substr(string_value,1,3)||x'ff'||substr(string_value,5)"
            + " WHERE key='chroma:document' AND id=(SELECT min(id) FROM embeddings)");
    assertThat(Doctor.examine(palace.directory(), Progress.SILENT).damages())
        .extracting(Finding::code)
        .contains("text-not-utf8");

    RepairReport report = report(repair(palace));

    assertThat(report.lost()).isEmpty();
    assertThat(digest(palace)).isEqualTo(before);
    assertThat(Doctor.examine(palace.directory(), Progress.SILENT).isHealthy()).isTrue();
  }

  /// The newest row of the queue is the only one that has the text.
  @Test
  void aTextThatIsNowhereElseIsReadAsFarAsItCanBeAndDeclared() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    palace.sql(
        "UPDATE max_seq_id SET seq_id=(SELECT max(seq_id) FROM embeddings_queue)-1 WHERE segment_id IN"
            + " (SELECT id FROM segments WHERE scope='METADATA')",
        "UPDATE embeddings_queue SET metadata=replace(metadata,substr(metadata,-4,1),x'ff') WHERE"
            + " seq_id=(SELECT max(seq_id) FROM embeddings_queue)");

    RepairReport report = report(repair(palace));

    assertThat(report.lost()).hasSize(1);
    assertThat(report.lost().values().iterator().next().documents()).hasSize(1);
    assertThat(Doctor.examine(palace.directory(), Progress.SILENT).damages())
        .extracting(Finding::code)
        .doesNotContain("text-not-utf8");
  }

  /// Two collections with equally good claims: neither gets what may be the other's.
  @Test
  void recordsThatMayBelongToEitherOfTwoCollectionsAreLeftToAPerson() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    palace.sql("DELETE FROM segments WHERE scope='METADATA'", "DELETE FROM embeddings_queue");
    Files.delete(palace.index().resolve(IndexPickle.FILE_NAME));
    var files = palace.digests();

    assertThatThrownBy(() -> repair(palace))
        .isInstanceOf(PalaceException.Refused.class)
        .hasMessageContaining("nothing tells which is its");

    assertThat(palace.digests()).isEqualTo(files);
  }

  /// What SQLite does not overwrite is still there after a purge that was too early.
  @Test
  void vectorsOfPurgedRowsAreTakenFromFreePages() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    String before = digest(palace);
    palace.sql("PRAGMA secure_delete=OFF", "DELETE FROM embeddings_queue");
    assertThat(palace.number("PRAGMA freelist_count")).isPositive();

    RepairReport report = report(repair(palace));

    assertThat(report.lost()).isEmpty();
    assertThat(digest(palace)).isEqualTo(before);
  }

  @Test
  void vectorsOfOverwrittenRowsAreNowhere() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    palace.sql("PRAGMA secure_delete=ON", "DELETE FROM embeddings_queue");

    assertThat(repair(palace)).isInstanceOf(Outcome.PartlyRepaired.class);
  }

  @Test
  void bothSegmentsStandAtTheSameRowOfTheQueueInTheTypeOfTheirRelease() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    palace.breakEntryPoint();
    repair(palace);
    String segments =
        " WHERE segment_id IN (SELECT s.id FROM segments s JOIN collections c ON c.id=s.collection WHERE c.name='"
            + SamplePalace.DRAWERS
            + "')";
    assertThat(palace.number("SELECT count(*) FROM max_seq_id" + segments)).isEqualTo(2);
    assertThat(palace.texts("SELECT DISTINCT typeof(seq_id) FROM max_seq_id" + segments))
        .containsExactly("blob");
    List<String> positions = palace.texts("SELECT DISTINCT hex(seq_id) FROM max_seq_id" + segments);
    assertThat(positions).hasSize(1);
    assertThat(
            palace.number(
                "SELECT count(*) FROM embeddings_queue WHERE seq_id="
                    + Long.parseLong(positions.getFirst(), 16)))
        .isEqualTo(1);
  }

  @Test
  void drawersWithoutAnyVectorLeaveAndTheirTextStays() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    String id = onlyInTheIndex(palace);
    // An id that the pickle maps to nothing: its drawer has no vector anywhere.
    palace.sql(
        "UPDATE embeddings SET embedding_id='unknown-to-the-index' WHERE embedding_id='"
            + id
            + "'");
    long count = palace.number("SELECT count(*) FROM embeddings");

    Outcome outcome = repair(palace);

    assertThat(outcome).isInstanceOf(Outcome.PartlyRepaired.class);
    assertThat(report(outcome).lost().get(SamplePalace.DRAWERS).vectors())
        .containsExactly("unknown-to-the-index");
    assertThat(palace.number("SELECT count(*) FROM embeddings")).isEqualTo(count - 1);
    assertThat(palace.text(".palace/needs-embedding.jsonl"))
        .contains("\"id\":\"unknown-to-the-index\"")
        .contains("\"document\":\"");
  }

  private static String onlyInTheIndex(SamplePalace palace) throws IOException {
    return palace
        .texts(
            "SELECT e.embedding_id FROM embeddings e JOIN segments s ON s.id=e.segment_id JOIN collections c ON c.id=s.collection WHERE c.name='"
                + SamplePalace.DRAWERS
                + "' AND e.embedding_id NOT IN (SELECT id FROM embeddings_queue)")
        .getFirst();
  }

  @Test
  void theCommandThatUndoesItPutsThePalaceBack() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    palace.breakEntryPoint();
    String rows = palace.rows();
    String old = palace.vectorSegment();
    RepairReport report = report(repair(palace));
    String fresh = palace.vectorSegment();

    assertThat(report.undo())
        .containsExactly(
            "palace restore %s --palace %s".formatted(report.run(), palace.directory()));
    new Restore(Progress.SILENT)
        .restore(RestoreRequest.of(palace.directory(), report.run().value(), "test"));

    assertThat(palace.rows()).isEqualTo(rows);
    assertThat(palace.directory().resolve(old).resolve("header.bin")).exists();
    assertThat(palace.directory().resolve(fresh)).doesNotExist();
  }

  @Test
  void theTextThatEarlierRunsKeptStaysInFrontOfWhatIsAdded() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    String id = onlyInTheIndex(palace);
    palace.sql("UPDATE embeddings SET embedding_id='no-vector' WHERE embedding_id='" + id + "'");
    Path kept = palace.directory().resolve(NeedsEmbedding.NAME);
    Files.createDirectory(kept.getParent());
    Files.writeString(kept, "{\"id\":\"of-an-earlier-run\"}\n");

    RepairReport report = report(repair(palace));

    assertThat(report.needsEmbedding()).contains(kept);
    assertThat(Files.readAllLines(kept))
        .hasSize(2)
        .first()
        .isEqualTo("{\"id\":\"of-an-earlier-run\"}");
    assertThat(Files.readAllLines(kept).getLast()).contains("\"id\":\"no-vector\"");
  }

  @Test
  void anUnreadableDatabaseIsRefusedByName() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    Files.write(palace.database(), new byte[4096]);
    assertThatThrownBy(() -> repair(palace))
        .isInstanceOf(PalaceException.Refused.class)
        .hasMessageContaining("chroma.sqlite3")
        .hasMessageContaining("nothing was changed");
  }

  @Test
  void aSecondRepairFindsNothing() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    palace.breakEntryPoint();
    palace.emptyFullText();
    palace.sql(
        "DELETE FROM tenants",
        "DELETE FROM embeddings_queue_config",
        "UPDATE collections SET dimension=NULL");
    repair(palace);
    assertThat(repair(palace)).isInstanceOf(Outcome.Healthy.class);
  }

  @Test
  void aForcedRebuildOfASoundIndexKeepsEveryDrawer() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    String before = digest(palace);
    String old = palace.vectorSegment();
    RepairRequest usual = RepairRequest.of(palace.directory(), "test");
    Outcome outcome =
        new Repair(Progress.SILENT)
            .run(
                usual
                    .withCollection(java.util.Optional.of(SamplePalace.DRAWERS))
                    .withRebuiltIndex(true)
                    .withBatchSize(7));
    assertThat(outcome).isInstanceOf(Outcome.Repaired.class);
    assertThat(digest(palace)).isEqualTo(before);
    assertThat(palace.vectorSegment()).isNotEqualTo(old);
  }
}
