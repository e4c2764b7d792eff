package palace.common.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import palace.common.chroma.Catalogue;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.CollectionSettings;
import palace.common.chroma.SchemaLevel;
import palace.common.chroma.SegmentRow;
import palace.common.chroma.SequenceNumber;
import palace.common.hnsw.IndexLayout;
import palace.common.hnsw.Space;
import palace.common.pickle.IndexMetadata;
import palace.common.pickle.PickleReading;

/// Works out the state of one collection, in this order because each step needs the ones before:
/// dimension, index files, space, how far each segment has consumed the queue, drawers, vectors.
final class CollectionFold {
  private final PalaceLayout layout;
  private final ChromaDatabase database;
  private final SchemaLevel level;
  private final Queue queue;
  final CollectionRow row;
  final Optional<SegmentRow> vectorSegment;
  final Optional<SegmentRow> metadataSegment;
  final CollectionSettings settings;
  final List<QueueEntry> queueEntries;
  final int dimension;
  final Optional<SegmentVectors> segment;
  final List<SegmentVectors> siblings = new ArrayList<>();
  final SpaceProof proof;
  final Space space;
  final Consumed metadataConsumed;
  final Consumed vectorConsumed;
  final List<DrawerEntry> entries = new ArrayList<>();
  final List<SkippedRow> skipped;
  final List<String> ghosts = new ArrayList<>();
  final List<String> stale;

  private CollectionFold(
      PalaceLayout layout,
      ChromaDatabase database,
      SchemaLevel level,
      Queue queue,
      Catalogue catalogue,
      CollectionRow row)
      throws IOException {
    this.layout = layout;
    this.database = database;
    this.level = level;
    this.queue = queue;
    this.row = row;
    vectorSegment = catalogue.segmentOf(row, SegmentRow.VECTOR);
    metadataSegment = catalogue.segmentOf(row, SegmentRow.METADATA);
    settings = CollectionSettings.of(level, row, vectorSegment);
    queueEntries = queue.of(row.topic());
    int stated = statedDimension();
    Optional<IndexLayout> expected = layoutOf(stated);
    segment = openLive(expected);
    try {
      dimension = agreedDimension(stated);
      openSiblings(expected);
      proof = proofOf();
      space = proof.choose(settings.statedSpaces());
      metadataConsumed = metadataConsumedOf();
      vectorConsumed = vectorConsumedOf();
      proveLostLabels();
      var drawers = foldMetadata();
      skipped = drawers.skipped();
      stale = foldVectors(drawers);
    } catch (IOException | RuntimeException e) {
      CollectionState.closeAll(segment, siblings);
      throw e;
    }
  }

  static CollectionState fold(
      PalaceLayout layout,
      ChromaDatabase database,
      SchemaLevel level,
      Queue queue,
      Catalogue catalogue,
      CollectionRow row)
      throws IOException {
    return new CollectionState(new CollectionFold(layout, database, level, queue, catalogue, row));
  }

  /// What the row says, unless the vectors in the queue all say otherwise and the index does not
  /// agree with it.
  private int statedDimension() throws IOException {
    var lengths = new HashMap<Integer, Integer>();
    for (QueueEntry entry : queueEntries) {
      if (entry.encoding() != QueueEntry.Encoding.INT32
          && entry.vectorBytes() > 0
          && entry.vectorBytes() % Float.BYTES == 0) {
        lengths.merge(entry.vectorBytes() / Float.BYTES, 1, Integer::sum);
      }
    }
    int stated = row.dimension().orElse(0);
    if (lengths.isEmpty() || lengths.containsKey(stated) || isThatOfIndex(stated)) {
      return stated;
    }
    return lengths.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow().getKey();
  }

  private boolean isThatOfIndex(int stated) throws IOException {
    Optional<SegmentVectors> own = openLive(Optional.empty());
    if (own.isEmpty()) {
      return false;
    }
    try (SegmentVectors vectors = own.get()) {
      return vectors.index().elementCount() > 0
          && vectors.index().layout().filter(found -> found.dimension() == stated).isPresent();
    }
  }

  private Optional<IndexLayout> layoutOf(int ofDimension) {
    int m = settings.mostTelling().m();
    return IndexLayout.possible(ofDimension, m)
        ? Optional.of(new IndexLayout(ofDimension, m))
        : Optional.empty();
  }

  private Optional<SegmentVectors> openLive(Optional<IndexLayout> expected) throws IOException {
    Optional<Path> directory = vectorSegment.flatMap(found -> directoryOf(found.id()));
    return directory.isPresent()
        ? Optional.of(SegmentVectors.open(directory.get(), expected))
        : Optional.empty();
  }

  /// A segment id becomes a path only by being the name of a directory that the listing found.
  private Optional<Path> directoryOf(String segmentId) {
    return layout.directoryOf(segmentId);
  }

  /// The header counts only where the queue is silent: it may lie, and the row too.
  private int agreedDimension(int stated) {
    boolean queueKnows = queueEntries.stream().anyMatch(entry -> entry.hasVector(stated));
    if (queueKnows || segment.isEmpty() || segment.get().index().elementCount() == 0) {
      return stated;
    }
    return segment.get().index().layout().map(IndexLayout::dimension).orElse(stated);
  }

  private void openSiblings(Optional<IndexLayout> expected) throws IOException {
    if (vectorSegment.isEmpty()) {
      return;
    }
    for (Path path : layout.quarantinedOf(vectorSegment.get().id())) {
      if (Files.isReadable(path)) {
        SegmentVectors sibling = SegmentVectors.open(path, expected);
        if (fits(sibling)) {
          siblings.add(sibling);
        } else {
          sibling.close();
        }
      }
    }
  }

  private SpaceProof proofOf() throws IOException {
    if (segment.isPresent() && !segment.get().liveLabels().isEmpty()) {
      return SpaceProof.of(segment.get(), queue, queueEntries, dimension);
    }
    return siblings.isEmpty()
        ? new SpaceProof.Inconclusive()
        : SpaceProof.of(siblings.getFirst(), queue, queueEntries, dimension);
  }

  private Consumed metadataConsumedOf() throws IOException {
    Optional<SequenceNumber> stored = storedSequence(metadataSegment);
    long applied = highestApplied(metadataSegment);
    return Consumed.of(stored, Math.max(queue.highest(), applied), applied);
  }

  private Consumed vectorConsumedOf() throws IOException {
    Optional<SequenceNumber> stored = storedSequence(vectorSegment);
    long highest =
        Math.max(
            queue.highest(),
            Math.max(metadataConsumed.believed(), highestApplied(metadataSegment)));
    return Consumed.of(stored, highest, stored.isEmpty() ? pickledSequence().orElse(0) : 0);
  }

  /// Up to 0.5.5 the vector segment's position stood in the pickle.
  private OptionalLong pickledSequence() {
    boolean pickled = segment.isPresent() && segment.get().hasLabels();
    return pickled
            && segment.get().pickle() instanceof PickleReading.Readable(IndexMetadata metadata)
        ? metadata.maxSeqId()
        : OptionalLong.empty();
  }

  private Optional<SequenceNumber> storedSequence(Optional<SegmentRow> of) throws IOException {
    return of.isEmpty()
        ? Optional.empty()
        : database.first(
            "SELECT seq_id FROM max_seq_id WHERE segment_id=?",
            found -> SequenceNumber.of(found.value(1)),
            of.get().id());
  }

  private long highestApplied(Optional<SegmentRow> of) throws IOException {
    long[] highest = {0};
    if (of.isPresent()) {
      database.each(
          "SELECT DISTINCT seq_id FROM embeddings NOT INDEXED WHERE segment_id=?",
          found ->
              highest[0] =
                  Math.max(highest[0], SequenceNumber.of(found.value(1)).position().orElse(0)),
          of.get().id());
    }
    return highest[0] < SequenceNumber.PLAUSIBLE ? highest[0] : 0;
  }

  private MetadataFold foldMetadata() throws IOException {
    var fold = new MetadataFold(database, queue, dimension);
    if (metadataSegment.isPresent()) {
      fold.readRows(metadataSegment.get().id());
    }
    fold.apply(queueEntries, metadataConsumed.believed());
    return fold;
  }

  private List<String> foldVectors(MetadataFold drawers) throws IOException {
    var vectors =
        new VectorFold(
            queue,
            row.topic(),
            space,
            dimension,
            segment.filter(this::fits),
            siblings,
            vectorConsumed.believed());
    vectors.replay(queueEntries, segment.isPresent() && !segment.get().labels().isEmpty());
    for (Map.Entry<String, MetadataFold.Record> drawer : drawers.records().entrySet()) {
      MetadataFold.Record record = drawer.getValue();
      VectorSource source = vectors.sourceOf(drawer.getKey(), record);
      entries.add(
          new DrawerEntry(
              drawer.getKey(), record.rowId(), record.sequence(), record.pending(), source));
    }
    if (segment.isPresent()) {
      segment.get().labels().keySet().stream()
          .filter(id ->
              !drawers.records().containsKey(id)
                  && !vectors.isDeleted(id)
                  && segment.get().slotOf(id).isPresent())
          .forEach(ghosts::add);
    }
    return vectors.stale();
  }

  private boolean fits(SegmentVectors vectors) {
    return vectors.index().layout().filter(found -> found.dimension() == dimension).isPresent();
  }

  /// Without a readable pickle labels are proven by their order, and every vector that also stands
  /// in the queue must agree.
  private void proveLostLabels() throws IOException {
    if (segment.isEmpty()
        || segment.get().hasLabels()
        || segment.get().liveLabels().isEmpty()
        || metadataSegment.isEmpty()) {
      return;
    }
    long foreign =
        database.number(
            "SELECT count(*) FROM embeddings NOT INDEXED WHERE segment_id=? AND typeof(seq_id)<>'integer'",
            metadataSegment.get().id());
    if (foreign > 0 || !level.hasIntegerSequences()) {
      return;
    }
    List<Long> labels = segment.get().liveLabels().stream().sorted().toList();
    Optional<Map<String, Long>> aligned = LabelAlignment.align(labels, consumedRows());
    if (aligned.isPresent() && agreesWithQueue(aligned.get())) {
      segment.get().useLabels(aligned.get());
    }
  }

  /// Rows that were added after the index was last persisted are the last ones, and the queue still
  /// holds what added them.
  private List<LabelAlignment.Row> consumedRows() throws IOException {
    List<LabelAlignment.Row> rows =
        database.list(
            "SELECT id, embedding_id FROM embeddings NOT INDEXED WHERE segment_id=? ORDER BY id",
            found -> new LabelAlignment.Row(found.integer(1), found.text(2)),
            metadataSegment.orElseThrow().id());
    var addedLater = new HashSet<String>();
    for (QueueEntry entry : queueEntries) {
      if (entry.sequence() > vectorConsumed.believed()
          && (entry.operation() == QueueEntry.ADD || entry.operation() == QueueEntry.UPSERT)) {
        addedLater.add(entry.id());
      }
    }
    int count = rows.size();
    while (count > 0 && addedLater.contains(rows.get(count - 1).id())) {
      count--;
    }
    return rows.subList(0, count);
  }

  private boolean agreesWithQueue(Map<String, Long> aligned) throws IOException {
    for (QueueEntry entry : queueEntries) {
      Long label =
          entry.sequence() <= vectorConsumed.believed() && entry.hasVector(dimension)
              ? aligned.get(entry.id())
              : null;
      if (label == null) {
        continue;
      }
      Optional<StoredVector> stored =
          segment.orElseThrow().read(segment.get().slotOfLabel(label).orElseThrow(), space);
      StoredVector given = StoredVector.of(queue.vector(entry.sequence()), space);
      if (stored.isPresent() && !VectorFold.sameDirection(stored.get(), given)) {
        return false;
      }
    }
    return true;
  }

  DrawerReader reader() {
    return new DrawerReader(database, level, queue, space, segment, siblings, List.of());
  }
}
