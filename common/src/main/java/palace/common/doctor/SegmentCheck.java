package palace.common.doctor;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.SegmentRow;
import palace.common.store.Adoption;
import palace.common.store.PalaceLayout;

/// Checks which collection has which segments, and that every segment with drawers has a collection
/// (S4).
final class SegmentCheck {
  private static final List<String> VECTOR_TYPES =
      List.of(SegmentRow.VECTOR_TYPE, "urn:chroma:segment/vector/hnsw-local-memory");

  private final Examination examination;
  private final ChromaDatabase database;
  private final Adoption adoption;

  /// @param adoption what other traces say of the table
  SegmentCheck(Examination examination, Adoption adoption) {
    this.examination = examination;
    this.database = examination.database();
    this.adoption = adoption;
  }

  void run() throws IOException {
    List<CollectionName> collections =
        database.list(
            "SELECT id, name FROM collections ORDER BY rowid",
            row -> new CollectionName(row.text(1), row.text(2)));
    List<CollectionName> bare = bare(collections);
    var lost = lost();
    // Of several nobody could tell which is which.
    boolean isPair = bare.size() == 1 && lost.size() == 1;
    for (CollectionName collection : collections) {
      if (isPair && collection.equals(bare.getFirst())) {
        String rightful = lost.firstKey();
        examination.found(new CatalogueFinding.CollectionIdWrong(collection, rightful));
      } else {
        segmentsOf(collection, SegmentRow.VECTOR, VECTOR_TYPES);
        segmentsOf(collection, SegmentRow.METADATA, List.of(SegmentRow.METADATA_TYPE));
      }
    }
    if (!isPair) {
      missing(lost);
    }
  }

  /// {@return collections that neither a segment nor the queue names}
  private List<CollectionName> bare(List<CollectionName> collections) throws IOException {
    Set<String> named =
        Set.copyOf(
            database.list(
                "SELECT collection FROM segments UNION SELECT DISTINCT topic FROM embeddings_queue",
                row -> row.text(1)));
    return collections.stream()
        .filter(
            one -> !named.contains(one.id()) && !named.contains(CollectionRow.topicOf(one.id())))
        .toList();
  }

  /// {@return ids that segments name and no collection has, with the rows of drawers and writes
  /// that are theirs, where there are any}
  private TreeMap<String, Long> lost() throws IOException {
    var lost = new TreeMap<String, Long>();
    database.each(
        "SELECT s.collection, sum((SELECT count(*) FROM embeddings e WHERE e.segment_id=s.id)) +"
            + " (SELECT count(*) FROM embeddings_queue WHERE operation<>3 AND topic=? ||"
            + " s.collection) FROM segments s WHERE s.collection NOT IN (SELECT id FROM collections"
            + " WHERE id IS NOT NULL) GROUP BY s.collection",
        row -> {
          if (row.integer(2) > 0 && PalaceLayout.isSegmentName(row.text(1))) {
            lost.put(row.text(1), row.integer(2));
          }
        },
        CollectionRow.topicOf(""));
    return lost;
  }

  /// What a collection is proven to have is not another's.
  private void missing(TreeMap<String, Long> lost) throws IOException {
    Set<String> adopted =
        adoption.segments().stream().map(SegmentRow::id).collect(Collectors.toSet());
    for (var one : lost.entrySet()) {
      List<String> segments =
          database.list(
              "SELECT id FROM segments WHERE collection=?", row -> row.text(1), one.getKey());
      if (!adopted.containsAll(segments)) {
        examination.found(new CatalogueFinding.CollectionRowMissing(one.getKey(), one.getValue()));
      }
    }
  }

  private void segmentsOf(CollectionName in, String scope, List<String> types) throws IOException {
    record Found(String id, String type) {}
    List<Found> found =
        database.list(
            "SELECT id, type FROM segments WHERE collection = ? AND scope = ? ORDER BY rowid",
            row -> new Found(row.text(1), row.text(2)),
            in.id(),
            scope);
    if (found.isEmpty()) {
      examination.found(new SegmentFinding.Missing(in, scope));
    } else if (found.size() > 1) {
      examination.found(new SegmentFinding.Duplicate(in, scope, found.size()));
    } else {
      adoption
          .of(in.id(), scope)
          .filter(proven -> !proven.equals(found.getFirst().id()))
          .ifPresent(proven ->
              examination.found(
                  new SegmentFinding.Displaced(
                      in, scope, CatalogueCheck.printable(found.getFirst().id()), proven)));
    }
    for (Found segment : found) {
      if (!types.contains(segment.type())) {
        examination.found(
            new SegmentFinding.TypeUnknown(
                in,
                CatalogueCheck.printable(segment.id()),
                CatalogueCheck.printable(segment.type())));
      }
    }
  }
}
