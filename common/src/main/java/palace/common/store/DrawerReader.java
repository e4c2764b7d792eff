package palace.common.store;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import palace.common.PalaceException;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.MetadataValue;
import palace.common.chroma.QueueMetadata;
import palace.common.chroma.SchemaLevel;
import palace.common.hnsw.Space;

/// Reads whole drawers, a batch at a time: the typed columns of `embedding_metadata`, the rows of
/// `embedding_metadata_array`, the queue rows still to be applied, and the vector from wherever it
/// lies.
final class DrawerReader {
  private final ChromaDatabase database;
  private final SchemaLevel level;
  private final Queue queue;
  private final Space space;
  private final Optional<SegmentVectors> segment;
  private final List<SegmentVectors> siblings;
  private final List<CollectionState> donors;

  DrawerReader(
      ChromaDatabase database,
      SchemaLevel level,
      Queue queue,
      Space space,
      Optional<SegmentVectors> segment,
      List<SegmentVectors> siblings,
      List<CollectionState> donors) {
    this.database = database;
    this.level = level;
    this.queue = queue;
    this.space = space;
    this.segment = segment;
    this.siblings = siblings;
    this.donors = donors;
  }

  DrawerReader with(List<CollectionState> others) {
    return new DrawerReader(database, level, queue, space, segment, siblings, others);
  }

  List<Drawer> read(List<DrawerEntry> entries) throws IOException {
    Map<Long, Map<String, MetadataValue>> rows = metadataOf(entries);
    Map<String, Drawer> brought = brought(entries);
    var drawers = new ArrayList<Drawer>(entries.size());
    for (DrawerEntry entry : entries) {
      Drawer foreign = brought.get(entry.id());
      Map<String, MetadataValue> metadata =
          foreign == null
              ? rows.getOrDefault(entry.rowId(), new LinkedHashMap<>())
              : foreign.metadata();
      if (foreign == null) {
        applyPending(entry, metadata);
      }
      drawers.add(new Drawer(entry.id(), metadata, vectorOf(entry), entry.sequence()));
    }
    return drawers;
  }

  /// The drawers of others are read from each of them in one go.
  private Map<String, Drawer> brought(List<DrawerEntry> entries) throws IOException {
    var wanted = new HashMap<Integer, List<DrawerEntry>>();
    for (DrawerEntry entry : entries) {
      entry
          .brought()
          .ifPresent(from ->
              wanted.computeIfAbsent(from.donor(), donor -> new ArrayList<>()).add(from.drawer()));
    }
    var drawers = new HashMap<String, Drawer>();
    for (Map.Entry<Integer, List<DrawerEntry>> of : wanted.entrySet()) {
      for (Drawer drawer : donors.get(of.getKey()).read(of.getValue())) {
        drawers.put(drawer.id(), drawer);
      }
    }
    return drawers;
  }

  List<Optional<StoredVector>> vectors(List<DrawerEntry> entries) throws IOException {
    var vectors = new ArrayList<Optional<StoredVector>>(entries.size());
    for (DrawerEntry entry : entries) {
      vectors.add(vectorOf(entry));
    }
    return vectors;
  }

  private Map<Long, Map<String, MetadataValue>> metadataOf(List<DrawerEntry> entries)
      throws IOException {
    String ids =
        entries.stream()
            .filter(entry -> entry.rowId() > 0 && entry.brought().isEmpty())
            .map(entry -> Long.toString(entry.rowId()))
            .collect(Collectors.joining(",", "[", "]"));
    var found = new HashMap<Long, Map<String, MetadataValue>>();
    readLists(ids, found);
    readScalars(ids, found);
    return found;
  }

  private void readScalars(String ids, Map<Long, Map<String, MetadataValue>> found)
      throws IOException {
    boolean hasBoolean = level.hasMetadataBooleans();
    database.each(
        "SELECT id, key, string_value, int_value, float_value"
            + (hasBoolean ? ", bool_value" : "")
            + " FROM embedding_metadata WHERE id IN (SELECT value FROM json_each(?))",
        row ->
            MetadataValue.ofColumns(row, 3, hasBoolean)
                .ifPresent(value -> of(found, row.integer(1)).put(row.text(2), value)),
        ids);
  }

  /// List rows are read first: where a key stands in both tables, the scalar is the one that was
  /// written for this record.
  private void readLists(String ids, Map<Long, Map<String, MetadataValue>> found)
      throws IOException {
    if (!level.hasArrays()) {
      return;
    }
    var lists = new LinkedHashMap<Long, Map<String, List<MetadataValue>>>();
    database.each(
        "SELECT id, key, string_value, int_value, float_value, bool_value FROM embedding_metadata_array"
            + " WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id, +rowid",
        row ->
            MetadataValue.ofColumns(row, 3, true)
                .ifPresent(value ->
                    lists
                        .computeIfAbsent(row.integer(1), id -> new LinkedHashMap<>())
                        .computeIfAbsent(row.text(2), key -> new ArrayList<>())
                        .add(value)),
        ids);
    lists.forEach((id, byKey) ->
        byKey.forEach((key, values) -> of(found, id).put(key, new MetadataValue.Listing(values))));
  }

  private static Map<String, MetadataValue> of(
      Map<Long, Map<String, MetadataValue>> found, long id) {
    return found.computeIfAbsent(id, key -> new LinkedHashMap<>());
  }

  private void applyPending(DrawerEntry entry, Map<String, MetadataValue> metadata)
      throws IOException {
    for (long sequence : entry.pending()) {
      switch (queue.metadata(sequence)) {
        case QueueMetadata.Changes(
                Map<String, Optional<MetadataValue>> changes,
                List<String> unsupported) ->
            apply(changes, metadata);
        case QueueMetadata.Broken(String reason) ->
            throw new PalaceException.Refused(
                database.file()
                    + ": queue row "
                    + sequence
                    + " changed while it was read: its metadata is "
                    + reason,
                "stop the other writer and try again");
      }
    }
  }

  /// An empty list has no rows in any release, so it deletes its key.
  private static void apply(
      Map<String, Optional<MetadataValue>> changes, Map<String, MetadataValue> metadata) {
    changes.forEach((key, value) -> {
      boolean empty =
          value.isEmpty()
              || value.get() instanceof MetadataValue.Listing(List<MetadataValue> values)
                  && values.isEmpty();
      if (empty) {
        metadata.remove(key);
      } else {
        metadata.put(key, value.get());
      }
    });
  }

  private Optional<StoredVector> vectorOf(DrawerEntry entry) throws IOException {
    return switch (entry.vector()) {
      case VectorSource.InIndex(int slot) -> segment.orElseThrow().read(slot, space);
      case VectorSource.InQueue(long sequence) ->
          Optional.of(StoredVector.of(queue.vector(sequence), space));
      case VectorSource.InSibling(int sibling, int slot) -> siblings.get(sibling).read(slot, space);
      case VectorSource.InDonor(int donor, DrawerEntry drawer) ->
          donors.get(donor).vectors(List.of(drawer)).getFirst();
      case VectorSource.InFreePages(String topic, long sequence, int dimension) ->
          queue
              .purged(topic, entry.id(), sequence, entry.rowId(), dimension)
              .map(vector -> StoredVector.of(vector, space));
      case VectorSource.Missing missing -> Optional.empty();
    };
  }
}
