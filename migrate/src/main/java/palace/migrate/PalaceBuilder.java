package palace.migrate;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.ChromaRelease;
import palace.common.chroma.ConfigurationText;
import palace.common.chroma.IndexConfiguration;
import palace.common.chroma.QueueRow;
import palace.common.chroma.SchemaLevel;
import palace.common.chroma.SegmentRow;
import palace.common.chroma.SequenceNumber;
import palace.common.files.Likeness;
import palace.common.files.SafePath;
import palace.common.hnsw.Space;
import palace.common.segment.SegmentWriter;
import palace.common.segment.WrittenSegment;
import palace.common.store.CollectionState;
import palace.common.store.Drawer;
import palace.common.store.DrawerEntry;
import palace.common.store.PalaceLayout;
import palace.common.store.VectorSource;

/// Builds the store of a palace, database and segment directories, in a directory that holds
/// neither. What a failure leaves there is the caller's to delete, and durability is the caller's
/// too.
final class PalaceBuilder {
  private final Path directory;
  private final SchemaLevel level;
  private final int batchSize;
  private final Progress progress;

  PalaceBuilder(Path directory, ChromaRelease release, int batchSize, Progress progress) {
    this.directory = directory;
    level = release.level();
    this.batchSize = batchSize;
    this.progress = progress;
  }

  void build(OpenSource source, List<CollectionTarget> targets) throws IOException {
    Path file = directory.resolve(PalaceLayout.DATABASE);
    try (ChromaDatabase database = ChromaDatabase.create(file)) {
      database.attach(source.palace().database().file(), "source");
      database.inTransaction(() -> fill(database, source, targets));
    }
    Likeness.carryAccess(source.palace().layout().database(), file);
  }

  private void fill(ChromaDatabase database, OpenSource source, List<CollectionTarget> targets)
      throws IOException {
    SchemaLevel from = source.palace().level();
    var target = new TargetDatabase(database, level);
    target.create();
    target.copyTenants(from);
    for (CollectionTarget collection : targets) {
      writeCollection(target, database, collection);
    }
    new RecordCopy(database, from, level, batchSize).copy(targets, progress);
    for (CollectionTarget collection : targets) {
      writeSegment(database, source, collection);
    }
  }

  private void writeCollection(
      TargetDatabase target, ChromaDatabase database, CollectionTarget collection)
      throws IOException {
    CollectionState source = collection.source();
    IndexConfiguration index = collection.index();
    var function = source.settings().embeddingFunction();
    database.execute(
        "INSERT INTO collections(id, name, dimension, database_id, config_json_str)"
            + " VALUES (?,?,?,?,?)",
        collection.id(),
        source.name(),
        source.dimension() > 0 ? source.dimension() : null,
        target.databaseId(source.row().databaseId()),
        ConfigurationText.configuration(level, index, function));
    if (level.hasSchema()) {
      database.execute(
          "UPDATE collections SET schema_str=? WHERE id=?",
          ConfigurationText.schema(index, function, source.row().schema()),
          collection.id());
    }
    target.writeMetadata(
        "collection_metadata", "collection_id", collection.id(), collection.metadata(level));
    writeSegmentRows(target, database, collection);
  }

  private void writeSegmentRows(
      TargetDatabase target, ChromaDatabase database, CollectionTarget collection)
      throws IOException {
    String sql = "INSERT INTO segments(id, type, scope, collection) VALUES (?,?,?,?)";
    String vector = collection.vectorSegment();
    database.execute(sql, vector, SegmentRow.VECTOR_TYPE, SegmentRow.VECTOR, collection.id());
    database.execute(
        sql,
        collection.metadataSegment(),
        SegmentRow.METADATA_TYPE,
        SegmentRow.METADATA,
        collection.id());
    target.writeMetadata(
        "segment_metadata", "segment_id", vector, collection.segmentMetadata(level));
  }

  /// A collection without drawers has no index, has consumed nothing, and needs no row in the
  /// queue.
  private void writeSegment(ChromaDatabase database, OpenSource source, CollectionTarget collection)
      throws IOException {
    if (collection.carried().isEmpty()) {
      return;
    }
    Path segment =
        SafePath.child(directory, collection.vectorSegment())
            .orElseThrow(() -> new IllegalStateException("a fresh UUID is a plain name"));
    WrittenSegment written =
        SegmentWriter.write(
            segment, collection.source(), collection.segment(), collection.newest(), progress);
    if (written.elements() != collection.carried().size()) {
      throw new PalaceException.Failed(
          "%s: %d vectors were written for %d drawers"
              .formatted(
                  collection.source().name(), written.elements(), collection.carried().size()),
          "palace doctor says what is wrong with the source");
    }
    consume(database, collection.metadataSegment(), collection.newest());
    consume(database, collection.vectorSegment(), collection.newest());
    writeConsumed(database, source, collection);
  }

  private void consume(ChromaDatabase database, String segment, long newest) throws IOException {
    database.execute(
        "INSERT INTO max_seq_id(segment_id, seq_id) VALUES (?,?)",
        segment,
        SequenceNumber.encode(newest, level));
  }

  private static void writeConsumed(
      ChromaDatabase database, OpenSource source, CollectionTarget collection) throws IOException {
    DrawerEntry last = collection.last();
    Drawer drawer = collection.source().read(List.of(last)).getFirst();
    QueueRow.insertConsumed(
        database,
        collection.newest(),
        collection.id(),
        drawer.id(),
        original(source, last, drawer, collection.source().space()),
        drawer.metadata());
  }

  /// The queue holds what the user gave; an index holds it up to rounding.
  private static float[] original(OpenSource source, DrawerEntry entry, Drawer drawer, Space space)
      throws IOException {
    return entry.vector() instanceof VectorSource.InQueue(long sequence)
        ? source.palace().queue().vector(sequence)
        : drawer.vector().orElseThrow().original(space);
  }
}
