package palace.common.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import palace.common.chroma.Catalogue;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.SegmentRow;
import palace.common.pickle.IndexMetadata;
import palace.common.pickle.IndexPickle;
import palace.common.pickle.PickleReading;

/// Finds what belongs to a collection whose row in `segments` is gone. Records name their metadata
/// segment, and a directory's pickle names its ids: where exactly one collection and one group of
/// records lack each other, or a directory's ids are those of the collection, they belong together.
final class SegmentAdoption {
  private final PalaceLayout layout;
  private final ChromaDatabase database;
  private final Catalogue catalogue;
  private final Set<String> known;
  private final List<SegmentRow> found = new ArrayList<>();

  private SegmentAdoption(PalaceLayout layout, ChromaDatabase database, Catalogue catalogue) {
    this.layout = layout;
    this.database = database;
    this.catalogue = catalogue;
    known = catalogue.segments().stream().map(SegmentRow::id).collect(Collectors.toSet());
  }

  /// {@return the catalogue with the segments that were found added to it}
  static Catalogue adopt(PalaceLayout layout, ChromaDatabase database, Catalogue catalogue)
      throws IOException {
    var adoption = new SegmentAdoption(layout, database, catalogue);
    adoption.adoptRecords();
    adoption.adoptDirectories();
    if (adoption.found.isEmpty()) {
      return catalogue;
    }
    adoption.found.addAll(0, catalogue.segments());
    return new Catalogue(catalogue.collections(), adoption.found);
  }

  private List<CollectionRow> lacking(String scope) {
    return catalogue.collections().stream()
        .filter(row -> catalogue.segmentOf(row, scope).isEmpty())
        .toList();
  }

  private void adoptRecords() throws IOException {
    List<CollectionRow> lacking = lacking(SegmentRow.METADATA);
    if (lacking.size() != 1) {
      return;
    }
    List<String> groups =
        database.list("SELECT DISTINCT segment_id FROM embeddings", row -> row.text(1)).stream()
            .filter(id -> !known.contains(id))
            .toList();
    if (groups.size() == 1) {
      found.add(
          new SegmentRow(
              groups.getFirst(),
              SegmentRow.METADATA_TYPE,
              SegmentRow.METADATA,
              lacking.getFirst().id(),
              Map.of()));
    }
  }

  private void adoptDirectories() throws IOException {
    for (CollectionRow collection : lacking(SegmentRow.VECTOR)) {
      Optional<String> metadata = metadataSegmentOf(collection);
      if (metadata.isEmpty()) {
        continue;
      }
      for (Path directory : layout.segmentDirectories()) {
        if (!known.contains(directory.getFileName().toString())
            && holdsIdsOf(directory, metadata.get())) {
          found.add(
              new SegmentRow(
                  directory.getFileName().toString(),
                  SegmentRow.VECTOR_TYPE,
                  SegmentRow.VECTOR,
                  collection.id(),
                  Map.of()));
          break;
        }
      }
    }
  }

  private Optional<String> metadataSegmentOf(CollectionRow collection) {
    return new Catalogue(catalogue.collections(), concat())
        .segmentOf(collection, SegmentRow.METADATA)
        .map(SegmentRow::id);
  }

  private List<SegmentRow> concat() {
    var all = new ArrayList<>(catalogue.segments());
    all.addAll(found);
    return all;
  }

  /// An index that was deleted from since may hold a few ids more than the records do.
  private boolean holdsIdsOf(Path directory, String metadataSegment) throws IOException {
    if (!(IndexPickle.read(directory.resolve(IndexPickle.FILE_NAME))
        instanceof PickleReading.Readable(IndexMetadata metadata))) {
      return false;
    }
    Set<String> ids =
        Set.copyOf(
            database.list(
                "SELECT DISTINCT embedding_id FROM embeddings WHERE segment_id=?",
                row -> row.text(1),
                metadataSegment));
    long shared = metadata.idToLabel().keySet().stream().filter(ids::contains).count();
    return shared > 0 && shared * 2 > metadata.idToLabel().size();
  }
}
