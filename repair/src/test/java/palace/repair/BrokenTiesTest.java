package palace.repair;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import palace.common.Progress;
import palace.common.chroma.CollectionRow;
import palace.common.doctor.Doctor;
import palace.common.doctor.Finding;
import palace.common.store.ContentDigest;
import palace.common.store.Palace;

/// Values of the small tables, and of the columns that refer to them, are wrong in a sound file:
/// what else refers to the same thing says what they were, and every drawer is there afterwards.
class BrokenTiesTest {
  private static final String OTHER = "8badf00d-0bad-4bad-8bad-0badf00d0bad";
  private static final String OURS = "(SELECT id FROM collections WHERE name='mempalace_drawers')";

  @TempDir Path folder;

  private static String segment(String scope) {
    return "(SELECT id FROM segments WHERE scope='" + scope + "' AND collection=" + OURS + ")";
  }

  static Stream<Arguments> ties() {
    String ofVector = " WHERE id=" + segment("VECTOR");
    String ofMetadata = " WHERE id=" + segment("METADATA");
    return Stream.of(
        one("segment-displaced", "UPDATE segments SET id='" + OTHER + "'" + ofVector),
        one("segment-displaced", "UPDATE segments SET id='no uuid'" + ofVector),
        one("segment-displaced", "UPDATE segments SET id=NULL" + ofVector),
        one("drawers-stray", "UPDATE segments SET id='" + OTHER + "'" + ofMetadata),
        one("drawers-stray", "UPDATE segments SET id='no uuid'" + ofMetadata),
        one("drawers-stray", "UPDATE segments SET id=NULL" + ofMetadata),
        one("segment-missing", "UPDATE segments SET scope='RECORD'" + ofMetadata),
        one("segment-missing", "UPDATE segments SET collection='" + OTHER + "'" + ofMetadata),
        one("segment-missing", "UPDATE segments SET collection='no uuid'"),
        one(
            "segment-duplicate",
            "UPDATE segments SET collection=" + OURS.replace("drawers", "closets") + ofVector),
        one(
            "segment-type-unknown",
            "UPDATE segments SET scope=CASE scope WHEN 'VECTOR' THEN 'METADATA' ELSE 'VECTOR' END"
                + " WHERE collection="
                + OURS),
        one("drawers-stray", "UPDATE embeddings SET segment_id='nowhere' WHERE id=1"),
        one("drawers-stray", "UPDATE embeddings SET segment_id='nowhere'"),
        one("collection-id-wrong", "UPDATE collections SET id='" + OTHER + "' WHERE id=" + OURS),
        one("collection-id-wrong", "UPDATE collections SET id='no uuid' WHERE id=" + OURS),
        one("collection-id-wrong", "UPDATE collections SET id=NULL WHERE id=" + OURS),
        one("collection-row-missing", "DELETE FROM collections WHERE id=" + OURS),
        one(
            "queue-topic-wrong",
            "UPDATE embeddings_queue SET topic='"
                + CollectionRow.topicOf(OTHER)
                + "' WHERE topic LIKE '%' || "
                + OURS));
  }

  private static Arguments one(String code, String statement) {
    return Arguments.of(code, statement);
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("ties")
  void everyDrawerIsBackUnderItsCollection(String code, String statement) throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    Map<String, String> before = digests(palace);
    palace.sql(statement);

    assertThat(Doctor.examine(palace.directory(), Progress.SILENT).damages())
        .extracting(Finding::code)
        .contains(code);
    repair(palace);

    assertThat(digests(palace)).isEqualTo(before);
    assertThat(Doctor.examine(palace.directory(), Progress.SILENT).damages()).isEmpty();
  }

  @Test
  void whereTheQueueIsPurgedTheIndexTellsWhoseDrawersAre() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    purge(palace);
    Map<String, String> before = digests(palace);
    palace.sql("UPDATE embeddings SET segment_id='nowhere' WHERE id % 3 = 0");

    repair(palace);

    assertThat(digests(palace)).isEqualTo(before);
  }

  /// A Chroma that has opened the palace since has read the last writes into another segment, but
  /// not what had been purged before them.
  @Test
  void ofTwoRowsOfOneWriteTheOneThatSaysMoreIsTheDrawer() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    Map<String, String> before = digests(palace);
    palace.sql(
        "INSERT INTO embeddings(id, segment_id, embedding_id, seq_id) SELECT 900000 + id, '"
            + OTHER
            + "', embedding_id, seq_id FROM embeddings WHERE id % 5 = 0 AND segment_id="
            + segment("METADATA"),
        "INSERT INTO embedding_metadata(id, key, string_value) SELECT id, 'room', 'hall'"
            + " FROM embeddings WHERE id > 900000",
        "UPDATE segments SET id='" + OTHER + "' WHERE id=" + segment("METADATA"));

    repair(palace);

    assertThat(digests(palace)).isEqualTo(before);
  }

  /// A queue of which every vector is cut says nothing about the dimension that row and index agree
  /// upon.
  @Test
  void aQueueOfCutVectorsDoesNotTakeTheDrawersOfTheIndex() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    long inIndex =
        palace.number("SELECT count(*) FROM embeddings WHERE segment_id=" + segment("METADATA"));
    palace.sql("UPDATE embeddings_queue SET vector=x'00000000' WHERE vector IS NOT NULL");

    new Repair(Progress.SILENT).run(RepairRequest.of(palace.directory(), "test"));

    assertThat(
            palace.number(
                "SELECT count(*) FROM embeddings WHERE segment_id=" + segment("METADATA")))
        .isGreaterThan(inIndex / 2);
  }

  /// Python releases leave the drawers of a deleted collection behind.
  @Test
  void whatADeletedCollectionLeftIsNobodys() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    palace.sql(
        "DELETE FROM embeddings_queue WHERE topic LIKE '%' || " + OURS,
        "DELETE FROM segments WHERE collection=" + OURS,
        "DELETE FROM collections WHERE id=" + OURS);

    assertThat(Doctor.examine(palace.directory(), Progress.SILENT).damages())
        .extracting(Finding::code)
        .doesNotContain("drawers-stray", "collection-row-missing");
  }

  /// As Chroma does, but for the newest row; the pages are gone as well.
  private static void purge(SamplePalace palace) throws IOException {
    String position =
        palace
            .texts("SELECT hex(seq_id) FROM max_seq_id WHERE segment_id=" + segment("VECTOR"))
            .getFirst();
    palace.sql(
        "DELETE FROM embeddings_queue WHERE topic LIKE '%' || "
            + OURS
            + " AND seq_id < "
            + Long.parseLong(position, 16),
        "VACUUM");
  }

  private static void repair(SamplePalace palace) throws IOException {
    Outcome outcome = new Repair(Progress.SILENT).run(RepairRequest.of(palace.directory(), "test"));
    assertThat(RepairTest.report(outcome).lost()).isEmpty();
  }

  private static Map<String, String> digests(SamplePalace palace) throws IOException {
    var digests = new TreeMap<String, String>();
    try (Palace opened = Palace.open(palace.directory())) {
      for (CollectionRow row : List.copyOf(opened.collections())) {
        try (var state = opened.open(row)) {
          digests.put(row.label(), ContentDigest.of(state, 50));
        }
      }
    }
    return digests;
  }
}
