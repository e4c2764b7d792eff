package palace.repair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.chroma.CollectionRow;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.DirectoryFinding;
import palace.common.doctor.Doctor;
import palace.common.doctor.Finding;
import palace.common.files.TreeCopy;
import palace.common.files.TreeDelete;
import palace.common.files.TreeDigest;
import palace.common.store.ContentDigest;
import palace.common.store.Palace;

/// What other tools' interrupted repairs leave, and copies that the operator names, against the
/// content of the palace before.
class InterruptedRepairTest {
  private static final String STAGING = SamplePalace.DRAWERS + "__repair_tmp";

  @TempDir Path folder;

  private static RepairRequest request(SamplePalace palace) {
    return RepairRequest.of(palace.directory(), "test");
  }

  private static Outcome repair(RepairRequest request) throws IOException {
    return new Repair(Progress.SILENT).run(request);
  }

  private static String digest(Path palace) throws IOException {
    try (Palace opened = Palace.open(palace);
        var state = opened.open(row(opened, SamplePalace.DRAWERS))) {
      return ContentDigest.of(state, 50);
    }
  }

  private static CollectionRow row(Palace palace, String name) {
    return palace.collections().stream()
        .filter(row -> row.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static List<String> codes(Diagnosis diagnosis) {
    return diagnosis.findings().stream().map(Finding::code).toList();
  }

  private static Diagnosis examine(SamplePalace palace) throws IOException {
    return Doctor.examine(palace.directory(), Progress.SILENT);
  }

  /// As after `mempalace repair` has deleted the live collection.
  private static void stage(SamplePalace palace) throws IOException {
    palace.sql(
        "UPDATE collections SET name='%s' WHERE name='%s'"
            .formatted(STAGING, SamplePalace.DRAWERS));
  }

  /// As after it has made the live collection anew.
  private static void recreate(SamplePalace palace) throws IOException {
    String id = UUID.randomUUID().toString();
    palace.sql(
        "INSERT INTO collections(id, name, database_id, config_json_str) SELECT '%s', '%s', database_id, config_json_str FROM collections WHERE name='%s'"
            .formatted(id, SamplePalace.DRAWERS, STAGING),
        "INSERT INTO collection_metadata(collection_id, key, str_value, int_value, float_value, bool_value) SELECT '%s', key, str_value, int_value, float_value, bool_value FROM collection_metadata WHERE collection_id=(SELECT id FROM collections WHERE name='%s')"
            .formatted(id, STAGING));
    for (String scope : List.of("VECTOR", "METADATA")) {
      String segment = UUID.randomUUID().toString();
      palace.sql(
          "INSERT INTO segments(id, type, scope, collection) SELECT '%s', type, scope, '%s' FROM segments WHERE scope='%s' AND collection=(SELECT id FROM collections WHERE name='%s')"
              .formatted(segment, id, scope, STAGING),
          "INSERT INTO segment_metadata(segment_id, key, str_value, int_value, float_value, bool_value) SELECT '%s', key, str_value, int_value, float_value, bool_value FROM segment_metadata WHERE segment_id=(SELECT id FROM segments WHERE scope='%s' AND collection=(SELECT id FROM collections WHERE name='%s'))"
              .formatted(segment, scope, STAGING));
    }
  }

  private Path copy(SamplePalace palace, String name) throws IOException {
    Path copy = folder.resolve(name);
    Files.createDirectories(copy.getParent());
    TreeCopy.copy(palace.directory(), copy);
    return copy;
  }

  /// Deletes drawers as their owner would have: rows, and with a new index its elements.
  private static void deleteDrawers(SamplePalace palace, int count) throws IOException {
    String some =
        "(SELECT id FROM embeddings WHERE segment_id=(SELECT s.id FROM segments s JOIN collections c ON c.id=s.collection WHERE s.scope='METADATA' AND c.name='%s') ORDER BY id LIMIT %d)"
            .formatted(SamplePalace.DRAWERS, count);
    palace.sql(
        "DELETE FROM embedding_metadata WHERE id IN " + some,
        "DELETE FROM embedding_fulltext_search WHERE rowid IN " + some,
        "DELETE FROM embeddings WHERE id IN " + some);
    repair(request(palace).withRebuiltIndex(true));
    TreeDelete.delete(palace.directory().resolveSibling("palace.ops"));
  }

  @Test
  void aCollectionThatOnlyItsStagingKeepsGetsItsNameBack() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    String before = digest(palace.directory());
    copy(palace, "palace.backup");
    stage(palace);
    assertThat(codes(examine(palace)))
        .contains("original-collection-gone")
        .doesNotContain("collection-gone");

    assertThat(repair(request(palace))).isInstanceOf(Outcome.Repaired.class);

    assertThat(digest(palace.directory())).isEqualTo(before);
    assertThat(examine(palace).damages()).isEmpty();
  }

  @Test
  void anEmptiedCollectionGetsEverythingBackThatWasStaged() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    String before = digest(palace.directory());
    String oldSegment = palace.vectorSegment();
    stage(palace);
    recreate(palace);
    assertThat(codes(examine(palace))).contains("interrupted-repair", "staging-collection");

    var report = RepairTest.report(repair(request(palace)));

    assertThat(digest(palace.directory())).isEqualTo(before);
    assertThat(palace.texts("SELECT name FROM collections")).doesNotContain(STAGING);
    assertThat(report.lost()).isEmpty();
    assertThat(palace.directory().resolve(oldSegment)).doesNotExist();
    assertThat(report.snapshot().resolve("segments").resolve(oldSegment)).isDirectory();
    assertThat(examine(palace).damages()).isEmpty();
  }

  @Test
  void drawersOfTheLiveCollectionStayBesideThoseThatWereStaged() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    stage(palace);
    recreate(palace);
    String live =
        palace
            .texts("SELECT id FROM collections WHERE name='" + SamplePalace.DRAWERS + "'")
            .getFirst();
    String staged =
        palace
            .texts(
                "SELECT embedding_id FROM embeddings e JOIN segments s ON s.id=e.segment_id JOIN collections c ON c.id=s.collection WHERE c.name='"
                    + STAGING
                    + "' LIMIT 1")
            .getFirst();
    long drawers =
        palace.number(
            "SELECT count(*) FROM embeddings e JOIN segments s ON s.id=e.segment_id JOIN collections c ON c.id=s.collection WHERE c.name='"
                + STAGING
                + "'");
    int dimension =
        (int) palace.number("SELECT dimension FROM collections WHERE name='" + STAGING + "'");
    for (String id : List.of("only-here", staged)) {
      palace.sql(
          "INSERT INTO embeddings_queue(seq_id, operation, topic, id, vector, encoding, metadata) VALUES ((SELECT max(seq_id)+1 FROM embeddings_queue), 2, '%s', '%s', X'%s', 'FLOAT32', '{\"chroma:document\":\"newer\"}')"
              .formatted(
                  CollectionRow.topicOf(live), id, "0000803F" + "00000000".repeat(dimension - 1)));
    }

    assertThat(repair(request(palace))).isInstanceOf(Outcome.Repaired.class);

    try (Palace opened = Palace.open(palace.directory());
        var state = opened.open(row(opened, SamplePalace.DRAWERS))) {
      assertThat(state.entries()).hasSizeGreaterThan((int) drawers);
      for (String id : List.of("only-here", staged)) {
        var entry = state.entries().stream().filter(drawer -> drawer.id().equals(id)).findFirst();
        assertThat(state.read(List.of(entry.orElseThrow())).getFirst().document())
            .contains("newer");
      }
    }
  }

  @Test
  void anOrdinaryBackupDoesNotBringDeletedDrawersBackByItself() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    Path backup = copy(palace, "palace.backup");
    String whole = digest(palace.directory());
    deleteDrawers(palace, 5);
    String fewer = digest(palace.directory());

    Diagnosis diagnosis = examine(palace);

    assertThat(diagnosis.damages()).isEmpty();
    assertThat(diagnosis.findings())
        .filteredOn(DirectoryFinding.OldCopy.class::isInstance)
        .singleElement()
        .satisfies(
            finding -> assertThat(((DirectoryFinding.OldCopy) finding).lacking()).isEqualTo(5));
    assertThat(repair(request(palace))).isInstanceOf(Outcome.Healthy.class);
    assertThat(digest(palace.directory())).isEqualTo(fewer);

    var named = request(palace).withSources(List.of(backup));
    assertThat(repair(named.planned()))
        .isInstanceOfSatisfying(
            Outcome.Planned.class,
            planned ->
                assertThat(planned.plan().diagnosis().findings())
                    .anySatisfy(finding ->
                        assertThat(finding.sentence()).contains("5 that the collection lacks")));
    assertThat(repair(named)).isInstanceOf(Outcome.Repaired.class);
    assertThat(digest(palace.directory())).isEqualTo(whole);
    assertThat(repair(named)).isInstanceOf(Outcome.Healthy.class);
  }

  @Test
  void vectorsThatOnlyASnapshotHasAreFoundAndBelongToTheirDocuments() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    copy(palace, "palace.ops/snapshots/20260101T000000Z-abcdef/palace");
    String before = digest(palace.directory());
    TreeDelete.delete(palace.index());
    palace.sql(
        "DELETE FROM embeddings_queue WHERE seq_id < (SELECT max(seq_id) FROM embeddings_queue)");
    assertThat(codes(examine(palace))).contains("vectors-elsewhere");

    var report = RepairTest.report(repair(request(palace)));

    assertThat(report.lost()).isEmpty();
    assertThat(digest(palace.directory())).isEqualTo(before);
  }

  @Test
  void aVectorOfAnotherTextIsNotTaken() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    copy(palace, "palace.ops/snapshots/20260101T000000Z-abcdef/palace");
    TreeDelete.delete(palace.index());
    String changed =
        palace
            .texts(
                "SELECT e.embedding_id FROM embeddings e JOIN embedding_metadata m ON m.id=e.id"
                    + " JOIN segments s ON s.id=e.segment_id JOIN collections c ON c.id=s.collection"
                    + " WHERE m.key='chroma:document' AND c.name='"
                    + SamplePalace.DRAWERS
                    + "' ORDER BY e.id LIMIT 1")
            .getFirst();
    palace.sql(
        "DELETE FROM embeddings_queue WHERE seq_id < (SELECT max(seq_id) FROM embeddings_queue)",
        "UPDATE embedding_metadata SET string_value='another text' WHERE key='chroma:document' AND"
            + " id IN (SELECT id FROM embeddings WHERE embedding_id='"
            + changed
            + "')");

    var report = RepairTest.report(repair(request(palace)));

    assertThat(report.lost().get(SamplePalace.DRAWERS).vectors()).containsExactly(changed);
  }

  @Test
  void aPalaceThatWasRenamedAwayIsPutBackAndItsCopyStays() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    String before = digest(palace.directory());
    Path archive = folder.resolve("palace.pre-rebuild-20260101-000000");
    Files.move(palace.directory(), archive);
    var files = TreeDigest.of(archive);
    assertThatThrownBy(() -> Palace.open(palace.directory()))
        .isInstanceOf(PalaceException.Refused.class)
        .hasMessageContaining(archive.toString());
    assertThat(repair(request(palace).planned())).isInstanceOf(Outcome.Planned.class);
    assertThat(palace.directory()).doesNotExist();

    assertThat(repair(request(palace))).isInstanceOf(Outcome.PutBack.class);

    assertThat(digest(palace.directory())).isEqualTo(before);
    assertThat(TreeDigest.of(archive)).isEqualTo(files);
  }

  /// SQLite would apply what stands beside an empty database to the one that is put there.
  @Test
  void nothingIsPutBesideAJournalOfAnotherDatabase() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    Path archive = folder.resolve("palace.pre-rebuild-20260101-000000");
    Files.move(palace.directory(), archive);
    Files.createDirectory(palace.directory());
    Files.createFile(palace.database());
    Files.writeString(palace.directory().resolve("chroma.sqlite3-journal"), "of another");
    var before = TreeDigest.of(palace.directory());
    var kept = TreeDigest.of(archive);

    assertThatThrownBy(() -> repair(request(palace))).isInstanceOf(PalaceException.Refused.class);

    assertThat(TreeDigest.of(palace.directory())).isEqualTo(before);
    assertThat(TreeDigest.of(archive)).isEqualTo(kept);
  }

  @Test
  void whatAnEmptiedPlaceHasIsNotReplaced() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    Path archive = folder.resolve("palace.pre-rebuild-20260101-000000");
    Files.writeString(palace.directory().resolve("notes.txt"), "old");
    Files.move(palace.directory(), archive);
    Files.createDirectory(palace.directory());
    Files.writeString(palace.directory().resolve("notes.txt"), "new");
    Files.createFile(palace.database());

    assertThat(repair(request(palace))).isInstanceOf(Outcome.PutBack.class);

    assertThat(palace.directory().resolve("notes.txt")).hasContent("new");
    assertThat(examine(palace).damages()).isEmpty();
  }

  @Test
  void aNamedSegmentDirectoryGivesItsVectorsById() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    String before = digest(palace.directory());
    Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
    Path kept = elsewhere.resolve(palace.vectorSegment());
    TreeCopy.copy(palace.index(), kept);
    TreeDelete.delete(palace.index());
    var report = RepairTest.report(repair(request(palace).withSources(List.of(kept))));

    assertThat(report.lost()).isEmpty();
    assertThat(digest(palace.directory())).isEqualTo(before);
    assertThat(kept).isDirectory();
  }

  @Test
  void linksAndGarbageBesideThePalaceAreNoSources() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    Path outside = copy(palace, "outside");
    Files.createSymbolicLink(folder.resolve("palace.backup"), outside);
    Path old = Files.createDirectory(folder.resolve("palace.old"));
    Files.createSymbolicLink(old.resolve("chroma.sqlite3"), outside.resolve("chroma.sqlite3"));
    Path archive = Files.createDirectory(folder.resolve("palace.pre-rebuild-20260101-000000"));
    Files.writeString(archive.resolve("chroma.sqlite3"), "SQLite format 3\0 and then nothing");

    Diagnosis diagnosis = examine(palace);

    assertThat(diagnosis.isHealthy()).isTrue();
    assertThat(codes(diagnosis)).doesNotContain("old-copy");
    assertThatThrownBy(() -> repair(request(palace).withSources(List.of(archive))))
        .isInstanceOf(PalaceException.class);
  }
}
