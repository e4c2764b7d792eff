package palace.common.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import palace.common.chroma.Catalogue;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.FreshSchema;
import palace.common.chroma.SchemaLevel;
import palace.common.chroma.SegmentRow;
import palace.common.hnsw.IndexBuild;
import palace.common.hnsw.IndexParameters;
import palace.common.hnsw.Space;
import palace.common.pickle.IndexMetadata;
import palace.common.pickle.IndexPickle;

/// What several could claim alike is nobody's.
class SegmentAdoptionTest {
  private static final int DIMENSION = 4;
  private static final String LEFT = "11111111-0000-0000-0000-000000000000";
  private static final String RIGHT = "22222222-0000-0000-0000-000000000000";

  @TempDir Path directory;

  private final List<CollectionRow> collections = new ArrayList<>();
  private final List<SegmentRow> segments = new ArrayList<>();
  private ChromaDatabase database;

  @BeforeEach
  void create() throws IOException {
    database = ChromaDatabase.create(directory.resolve(PalaceLayout.DATABASE));
    FreshSchema.create(database, SchemaLevel.NEWEST);
  }

  @AfterEach
  void close() throws IOException {
    database.close();
  }

  /// One that has no segment yet.
  private void collection(String name, int dimension) {
    collections.add(
        new CollectionRow(
            name,
            name,
            Optional.of(dimension),
            "default_database",
            "default_tenant",
            "",
            Optional.empty(),
            Optional.empty(),
            Map.of()));
  }

  /// One whose records are known, and whose index is not.
  private void collection(String name, List<String> ids) throws IOException {
    collection(name, DIMENSION);
    String records = "records of " + name;
    segments.add(
        new SegmentRow(records, SegmentRow.METADATA_TYPE, SegmentRow.METADATA, name, Map.of()));
    records(records, ids);
  }

  private void records(String segment, List<String> ids) throws IOException {
    for (String id : ids) {
      database.execute(
          "INSERT INTO embeddings (segment_id, embedding_id, seq_id) VALUES (?, ?, ?)",
          segment,
          id,
          position(id));
    }
  }

  private void written(String collection, String id, long position) throws IOException {
    database.execute(
        "INSERT INTO embeddings_queue (seq_id, operation, topic, id) VALUES (?, 0, ?, ?)",
        position,
        CollectionRow.topicOf(collection),
        id);
  }

  /// Of an id such as `a7`.
  private static long position(String id) {
    return 100L * id.charAt(0) + Long.parseLong(id.substring(1));
  }

  private static List<String> ids(String letter, int count) {
    var ids = new ArrayList<String>();
    for (int i = 1; i <= count; i++) {
      ids.add(letter + i);
    }
    return ids;
  }

  private void index(String name, List<String> ids) throws IOException {
    Path segment = directory.resolve(name);
    var labels = new LinkedHashMap<String, Long>();
    var byLabel = new LinkedHashMap<Long, String>();
    try (var build =
        IndexBuild.create(segment, Space.L2, new IndexParameters(16, 100), DIMENSION, ids.size())) {
      for (String id : ids) {
        long label = labels.size() + 1L;
        build.add(label, new float[] {label, 1, 2, 3}, 0);
        labels.put(id, label);
        byLabel.put(label, id);
      }
      build.finish();
    }
    IndexPickle.write(
        segment.resolve(IndexPickle.FILE_NAME),
        new IndexMetadata(
            OptionalInt.of(DIMENSION),
            ids.size(),
            OptionalLong.empty(),
            labels,
            byLabel,
            new LinkedHashMap<>(),
            IndexMetadata.Shape.CLASS));
  }

  private void indexWithoutLabels(String name) throws IOException {
    index(name, ids("z", 3));
    Files.delete(directory.resolve(name).resolve(IndexPickle.FILE_NAME));
  }

  private Adoption adoption() throws IOException {
    return SegmentAdoption.find(
        PalaceLayout.of(directory), database, new Catalogue(collections, segments));
  }

  private Optional<String> indexOf(String collection) throws IOException {
    return adoption().of(collection, SegmentRow.VECTOR);
  }

  private Optional<String> recordsOf(String collection) throws IOException {
    return adoption().of(collection, SegmentRow.METADATA);
  }

  @Test
  void anIndexBelongsToTheCollectionThatHasItsIds() throws IOException {
    collection("one", ids("a", 5));
    collection("other", ids("b", 5));
    index(LEFT, ids("b", 5));
    index(RIGHT, ids("a", 5));

    assertThat(indexOf("one")).hasValue(RIGHT);
    assertThat(indexOf("other")).hasValue(LEFT);
    assertThat(adoption().untold()).isEmpty();
  }

  @Test
  void anIndexThatTwoCollectionsClaimAlikeIsNobodys() throws IOException {
    collection("one", ids("a", 5));
    collection("other", ids("a", 5));
    index(LEFT, ids("a", 5));

    assertThat(adoption().segments()).isEmpty();
    assertThat(adoption().untold()).containsOnly(LEFT);
  }

  @Test
  void ofTwoIndexesThatFitOneCollectionAlikeItGetsNone() throws IOException {
    collection("one", ids("a", 5));
    index(LEFT, ids("a", 5));
    index(RIGHT, ids("a", 5));

    assertThat(adoption().segments()).isEmpty();
    assertThat(adoption().untold()).containsOnly(LEFT, RIGHT);
  }

  @Test
  void theIndexWhosePositionIsKnownIsTheOneInUse() throws IOException {
    collection("one", ids("a", 5));
    index(LEFT, ids("a", 5));
    index(RIGHT, ids("a", 4));
    database.execute("INSERT INTO max_seq_id (segment_id, seq_id) VALUES (?, 9)", RIGHT);

    assertThat(indexOf("one")).hasValue(RIGHT);
  }

  @Test
  void anIndexBelongsToTheCollectionOfWhichFewRecordsAreLeft() throws IOException {
    collection("one", ids("a", 2));
    collection("other", ids("b", 5));
    index(LEFT, ids("a", 9));

    assertThat(indexOf("one")).hasValue(LEFT);
    assertThat(indexOf("other")).isEmpty();
  }

  @Test
  void anIndexOfOtherIdsFitsNobody() throws IOException {
    collection("one", ids("a", 5));
    index(LEFT, List.of("a1", "a2", "b1", "b2"));

    assertThat(adoption().segments()).isEmpty();
  }

  @Test
  void withoutLabelsTheDimensionTellsOnlyWhereOneCollectionHasIt() throws IOException {
    collection("one", ids("a", 5));
    indexWithoutLabels(LEFT);
    assertThat(indexOf("one")).hasValue(LEFT);

    collection("other", ids("b", 5));
    assertThat(adoption().segments()).isEmpty();
    assertThat(adoption().untold()).containsExactly(LEFT);
  }

  @Test
  void withoutLabelsTwoIndexesOfOneDimensionAreNobodys() throws IOException {
    collection("one", ids("a", 5));
    indexWithoutLabels(LEFT);
    indexWithoutLabels(RIGHT);

    assertThat(adoption().segments()).isEmpty();
    assertThat(adoption().untold()).containsOnly(LEFT, RIGHT);
  }

  @Test
  void recordsBelongWhereTheQueueSaysTheyWereWritten() throws IOException {
    collection("one", DIMENSION);
    collection("other", DIMENSION);
    records("some", ids("a", 3));
    records("more", ids("b", 3));
    written("other", "a2", position("a2"));
    written("one", "b3", position("b3"));

    assertThat(recordsOf("other")).hasValue("some");
    assertThat(recordsOf("one")).hasValue("more");
  }

  /// Ids of two collections may be the same; positions are not.
  @Test
  void aWriteAtAnotherPositionTellsNothingOfARecord() throws IOException {
    collection("one", DIMENSION);
    collection("other", DIMENSION);
    records("some", ids("a", 3));
    written("one", "a2", position("a2") + 1);

    assertThat(adoption().segments()).isEmpty();
    assertThat(adoption().untold()).containsExactly("some");
  }

  @Test
  void recordsThatWereWrittenIntoTwoCollectionsAreNobodys() throws IOException {
    collection("one", DIMENSION);
    collection("other", DIMENSION);
    records("some", ids("a", 3));
    written("one", "a1", position("a1"));
    written("other", "a2", position("a2"));

    assertThat(adoption().segments()).isEmpty();
    assertThat(adoption().untold()).containsExactly("some");
  }

  @Test
  void ofTwoGroupsOfRecordsThatWereWrittenIntoOneCollectionItGetsNone() throws IOException {
    collection("one", DIMENSION);
    collection("other", DIMENSION);
    records("some", ids("a", 3));
    records("more", ids("b", 3));
    written("one", "a1", position("a1"));
    written("one", "b1", position("b1"));

    assertThat(adoption().segments()).isEmpty();
    assertThat(adoption().untold()).containsOnly("some", "more");
  }

  @Test
  void withoutTheQueueRecordsBelongWhereTheIndexHasTheirIds() throws IOException {
    for (String name : List.of("one", "other", "third")) {
      collection(name, DIMENSION);
    }
    segments.add(new SegmentRow(LEFT, SegmentRow.VECTOR_TYPE, SegmentRow.VECTOR, "one", Map.of()));
    segments.add(
        new SegmentRow(RIGHT, SegmentRow.VECTOR_TYPE, SegmentRow.VECTOR, "other", Map.of()));
    index(LEFT, ids("a", 5));
    index(RIGHT, ids("b", 5));
    records("some", ids("b", 4));
    records("more", ids("a", 6));
    records("rest", ids("c", 6));

    assertThat(recordsOf("one")).hasValue("more");
    assertThat(recordsOf("other")).hasValue("some");
    assertThat(recordsOf("third")).hasValue("rest");
  }

  @Test
  void recordsThatTwoIndexesHaveAlikeAreNobodys() throws IOException {
    collection("one", DIMENSION);
    collection("other", DIMENSION);
    segments.add(new SegmentRow(LEFT, SegmentRow.VECTOR_TYPE, SegmentRow.VECTOR, "one", Map.of()));
    segments.add(
        new SegmentRow(RIGHT, SegmentRow.VECTOR_TYPE, SegmentRow.VECTOR, "other", Map.of()));
    index(LEFT, ids("a", 5));
    index(RIGHT, ids("a", 5));
    records("some", ids("a", 5));

    assertThat(adoption().segments()).isEmpty();
    assertThat(adoption().untold()).containsExactly("some");
  }

  /// Chroma makes the files of an index with the first write, and fills them with the first flush.
  @Test
  void anIndexIntoWhichNothingWasEverWrittenKeepsNobodyFromGettingOne() throws IOException {
    collection("one", ids("a", 5));
    collection("other", ids("b", 5));
    index(LEFT, List.of());
    Files.delete(directory.resolve(LEFT).resolve(IndexPickle.FILE_NAME));

    assertThat(adoption().segments()).isEmpty();
    assertThat(adoption().untold()).isEmpty();
  }
}
