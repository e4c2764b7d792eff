package palace.repair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.chroma.CollectionRow;
import palace.common.doctor.CollectionSummary;
import palace.common.doctor.Doctor;
import palace.common.doctor.Finding;
import palace.common.files.FileOps;
import palace.common.restore.Restore;
import palace.common.restore.RestoreRequest;
import palace.common.store.CollectionState;
import palace.common.store.ContentDigest;
import palace.common.store.Palace;

/// What an operator can ask for by name: nothing that is the only copy of anything goes.
class NamedTreatmentsTest {
  private static final String SECRET = "the-secret-that-was-deleted-on-purpose";
  private static final String THRESHOLD = "key='hnsw:sync_threshold'";

  @TempDir Path folder;
  private SamplePalace palace;
  private String content;

  @BeforeEach
  void sample() throws IOException {
    palace = SamplePalace.in(folder);
    content = digests();
  }

  private String digests() throws IOException {
    var digests = new StringBuilder();
    try (Palace opened = Palace.open(palace.directory())) {
      for (CollectionRow row : opened.collections()) {
        try (CollectionState state = opened.open(row)) {
          digests.append(ContentDigest.of(state, 50)).append('\n');
        }
      }
    }
    return digests.toString();
  }

  private RepairRequest request(NamedTreatment... treatments) {
    return RepairRequest.of(palace.directory(), "test").withTreatments(List.of(treatments));
  }

  private RepairReport repaired(RepairRequest request) throws IOException {
    Outcome outcome = new Repair(Progress.SILENT).run(request);
    assertThat(outcome).isInstanceOf(Outcome.Repaired.class);
    assertThat(digests()).isEqualTo(content);
    assertThat(Doctor.examine(palace.directory(), Progress.SILENT).isHealthy()).isTrue();
    return ((Outcome.Repaired) outcome).report();
  }

  private void restore(RepairReport report) throws IOException {
    new Restore(Progress.SILENT)
        .restore(RestoreRequest.of(palace.directory(), report.run().value(), "test"));
  }

  private List<String> codes() throws IOException {
    return Doctor.examine(palace.directory(), Progress.SILENT).findings().stream()
        .map(Finding::code)
        .toList();
  }

  /// Every later write of Chroma would be dropped if this did not hold.
  private void assertSequenceNumbersGoOnRising() throws IOException {
    assertThat(
            palace.number(
                """
                SELECT count(*) FROM collections c JOIN segments s ON s.collection=c.id
                JOIN max_seq_id m ON m.segment_id=s.id
                WHERE hex(m.seq_id) > (SELECT printf('%016X', max(q.seq_id)) FROM embeddings_queue q
                  WHERE q.topic LIKE '%'||c.id)
                """))
        .isZero();
  }

  @Test
  void flushingWritesTheTailOfTheQueueIntoTheIndexAndStatesTheThreshold() throws IOException {
    palace.sql("DELETE FROM collection_metadata WHERE " + THRESHOLD);
    assertThat(codes()).containsExactly("queue-tail-unflushed");

    repaired(request(NamedTreatment.FLUSH_QUEUE));

    assertThat(codes()).isEmpty();
    assertThat(Doctor.examine(palace.directory(), Progress.SILENT).collections())
        .extracting(CollectionSummary::vectorsInQueue)
        .containsOnly(0L);
    assertThat(palace.texts("SELECT int_value FROM collection_metadata WHERE " + THRESHOLD))
        .containsExactly("40", "40");
    assertSequenceNumbersGoOnRising();
  }

  @Test
  void flushingOneCollectionLeavesTheOther() throws IOException {
    repaired(
        request(NamedTreatment.FLUSH_QUEUE)
            .withCollection(java.util.Optional.of("mempalace_closets")));

    assertThat(Doctor.examine(palace.directory(), Progress.SILENT).collections())
        .extracting(summary -> summary.name() + " " + (summary.vectorsInQueue() > 0))
        .containsExactlyInAnyOrder("mempalace_drawers true", "mempalace_closets false");
  }

  @Test
  void aCollectionThatCouldNeverBeFlushedGetsAnIndexAndAThresholdItReaches() throws IOException {
    String closets = "(SELECT id FROM collections WHERE name='mempalace_closets')";
    palace.sql(
        "UPDATE collection_metadata SET int_value=50000 WHERE collection_id="
            + closets
            + " AND key IN ('hnsw:sync_threshold','hnsw:batch_size')",
        "UPDATE segment_metadata SET int_value=50000 WHERE segment_id IN (SELECT id FROM segments WHERE collection="
            + closets
            + ") AND key IN ('hnsw:sync_threshold','hnsw:batch_size')",
        """
        INSERT INTO embeddings_queue(operation, topic, id, vector, encoding, metadata)
        WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n WHERE i<2000)
        SELECT 0, 'persistent://default/default/'||%s, 'many-'||i, q.vector, 'FLOAT32', '{"k":1}'
        FROM n, (SELECT vector FROM embeddings_queue WHERE vector NOT NULL LIMIT 1) q
        """
            .formatted(closets));
    content = digests();
    assertThat(codes()).containsExactly("queue-never-flushed");

    repaired(request(NamedTreatment.FLUSH_QUEUE));

    assertThat(codes()).isEmpty();
    assertThat(
            palace.texts(
                "SELECT DISTINCT int_value FROM collection_metadata WHERE collection_id="
                    + closets
                    + " AND key IN ('hnsw:sync_threshold','hnsw:batch_size')"))
        .containsExactly("1000");
  }

  @Test
  void purgingKeepsWhatOnlyTheQueueHas() throws IOException {
    long rows = palace.number("SELECT count(*) FROM embeddings_queue");

    repaired(request(NamedTreatment.PURGE_QUEUE));
    // Chroma 0.6.3 had purged what it could: 20 drawers and 8 closets are only there.
    assertThat(palace.number("SELECT count(*) FROM embeddings_queue")).isEqualTo(rows);

    RepairReport report =
        repaired(
            request(
                NamedTreatment.PURGE_QUEUE,
                NamedTreatment.FLUSH_QUEUE,
                NamedTreatment.RETIRE_ORPHANS));
    // The segments that the flush replaced are no orphans of somebody else.
    assertThat(report.done())
        .filteredOn(done -> done.treatment() instanceof RetireOrphans)
        .extracting(RepairReport.Done::changes)
        .containsExactly(0L);
    assertThat(palace.number("SELECT count(*) FROM embeddings_queue")).isEqualTo(2);
    assertSequenceNumbersGoOnRising();
  }

  @Test
  void queueRowsOfNobodyGoOnlyWhereTheirLossIsAccepted() throws IOException {
    palace.sql(
        "INSERT INTO embeddings_queue(operation, topic, id, metadata) VALUES"
            + " (0, 'persistent://default/default/nobody', 'x', '{\"chroma:document\":\"text\"}')");
    String rows = palace.rows();

    assertThatThrownBy(() -> new Repair(Progress.SILENT).run(request(NamedTreatment.PURGE_QUEUE)))
        .isInstanceOf(PalaceException.Refused.class)
        .hasMessageContaining("1 queue rows belong to 1 collections that do not exist");
    assertThat(palace.rows()).isEqualTo(rows);
    assertThat(folder.resolve("palace.ops").resolve("snapshots")).doesNotExist();

    repaired(request(NamedTreatment.PURGE_QUEUE).withAcceptedLoss(true));
    assertThat(palace.number("SELECT count(*) FROM embeddings_queue WHERE topic LIKE '%nobody'"))
        .isZero();
  }

  @Test
  void retiredOrphansLieInTheSnapshotAndComeBackWithIt() throws IOException {
    String name = "00000000-0000-4000-8000-000000000001";
    Path orphan = Files.createDirectory(palace.directory().resolve(name));
    Files.writeString(orphan.resolve("data_level0.bin"), "vectors");

    RepairReport report = repaired(request(NamedTreatment.RETIRE_ORPHANS));

    assertThat(orphan).doesNotExist();
    assertThat(report.snapshot().resolve("segments").resolve(name).resolve("data_level0.bin"))
        .hasContent("vectors");
    restore(report);
    assertThat(orphan.resolve("data_level0.bin")).hasContent("vectors");
  }

  @Test
  void vacuumGivesFreePagesBack() throws IOException {
    palace.sql("CREATE TABLE junk AS SELECT randomblob(1000000) b", "DROP TABLE junk");
    long before = Files.size(palace.database());
    String rows = palace.rows();

    RepairReport report = repaired(request(NamedTreatment.VACUUM));

    assertThat(Files.size(palace.database())).isLessThan(before - 900_000);
    assertThat(palace.number("PRAGMA freelist_count")).isZero();
    assertThat(palace.rows()).isEqualTo(rows);
    restore(report);
    assertThat(Files.size(palace.database())).isEqualTo(before);
  }

  @Test
  void aFailureAfterTheVacuumPutsTheDatabaseBack() throws IOException {
    palace.sql("CREATE TABLE junk AS SELECT randomblob(100000) b", "DROP TABLE junk");
    String rows = palace.rows();
    long free = palace.number("PRAGMA freelist_count");
    var failing =
        new Repair(
            Progress.SILENT,
            FileOps.real(),
            Clock.systemUTC(),
            step -> {
              if (step == Step.READ_BACK) {
                throw new IOException("the test fails here");
              }
            });

    assertThatThrownBy(() -> failing.run(request(NamedTreatment.VACUUM)))
        .isInstanceOf(PalaceException.Failed.class);

    assertThat(palace.rows()).isEqualTo(rows);
    assertThat(palace.number("PRAGMA freelist_count")).isEqualTo(free);
    assertThat(folder.resolve("palace.ops/snapshots")).isEmptyDirectory();
  }

  @Test
  void scrubbingLeavesNothingOfADeletedTextInThePalace() throws IOException {
    deleteASecretAsChromaDoes();
    content = digests();
    assertThat(filesWith(SECRET, palace.directory())).isNotEmpty();

    RepairReport report = repaired(RepairRequest.of(palace.directory(), "test").scrubbing());

    assertThat(filesWith(SECRET, palace.directory())).isEmpty();
    assertThat(filesWith(SECRET, report.snapshot())).isNotEmpty();
    assertThat(report.notes()).anySatisfy(note -> assertThat(note).contains("rm -r "));
    assertThat(report.done())
        .extracting(done -> done.treatment().code())
        .containsExactly("rebuild-full-text", "purge-queue", "retire-orphans", "vacuum");
    assertSequenceNumbersGoOnRising();
  }

  /// Rows go, pages stay: SQLite does not overwrite what it frees.
  private void deleteASecretAsChromaDoes() throws IOException {
    String long1 = SECRET + " ".repeat(3000) + SECRET;
    palace.sql(
        "PRAGMA secure_delete=OFF",
        "INSERT INTO embeddings(id, segment_id, embedding_id, seq_id) SELECT 900, id, 'gone', x'0000000000000001' FROM segments WHERE scope='METADATA' LIMIT 1",
        "INSERT INTO embedding_metadata(id, key, string_value) VALUES (900, 'chroma:document', '"
            + long1
            + "')",
        "INSERT INTO embedding_fulltext_search(rowid, string_value) VALUES (900, '" + long1 + "')",
        "DELETE FROM embeddings WHERE id=900",
        "DELETE FROM embedding_metadata WHERE id=900",
        "DELETE FROM embedding_fulltext_search WHERE rowid=900");
    palace.sql(
        "PRAGMA secure_delete=OFF",
        "INSERT INTO embeddings_queue(seq_id, operation, topic, id, metadata) SELECT 3, 1, topic, 'gone', '{\"chroma:document\":\""
            + SECRET
            + "\"}' FROM embeddings_queue LIMIT 1");
  }

  private static List<Path> filesWith(String text, Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      return paths.filter(Files::isRegularFile).filter(file -> holds(file, text)).toList();
    }
  }

  private static boolean holds(Path file, String text) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(text);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
