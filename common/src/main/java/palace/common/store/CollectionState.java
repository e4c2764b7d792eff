package palace.common.store;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.CollectionSettings;
import palace.common.chroma.IndexConfiguration;
import palace.common.chroma.SegmentRow;
import palace.common.hnsw.Space;

/// One collection with its queue folded in: its drawers, and for each where its vector lies.
/// Metadata and vectors are read in batches; in memory are only ids and positions.
///
/// It holds mapped files and reads through the palace's connection; whoever opened it closes it,
/// before the palace.
public final class CollectionState implements AutoCloseable {
  private final CollectionRow row;
  private final Optional<SegmentRow> vectorSegment;
  private final Optional<SegmentRow> metadataSegment;
  private final CollectionSettings settings;
  private final SpaceProof proof;
  private final Space space;
  private final int dimension;
  private final Consumed metadataConsumed;
  private final Consumed vectorConsumed;
  private final Optional<SegmentVectors> segment;
  private final List<SegmentVectors> siblings;
  private final List<DrawerEntry> entries;
  private final List<SkippedRow> skipped;
  private final List<String> ghosts;
  private final List<String> stale;
  private final List<QueueEntry> queueEntries;
  private final List<CollectionState> donors;
  private final DrawerReader reader;

  CollectionState(CollectionFold fold) {
    row = fold.row;
    vectorSegment = fold.vectorSegment;
    metadataSegment = fold.metadataSegment;
    settings = fold.settings;
    proof = fold.proof;
    space = fold.space;
    dimension = fold.dimension;
    metadataConsumed = fold.metadataConsumed;
    vectorConsumed = fold.vectorConsumed;
    segment = fold.segment;
    siblings = fold.siblings;
    entries = fold.entries;
    skipped = fold.skipped;
    ghosts = fold.ghosts;
    stale = fold.stale;
    queueEntries = fold.queueEntries;
    donors = List.of();
    reader = fold.reader();
  }

  private CollectionState(
      CollectionState own, List<DrawerEntry> entries, List<CollectionState> donors) {
    row = own.row;
    vectorSegment = own.vectorSegment;
    metadataSegment = own.metadataSegment;
    settings = own.settings;
    proof = own.proof;
    space = own.space;
    dimension =
        own.dimension > 0
            ? own.dimension
            : donors.stream().mapToInt(CollectionState::dimension).max().orElse(0);
    metadataConsumed = own.metadataConsumed;
    vectorConsumed = own.vectorConsumed;
    segment = own.segment;
    siblings = own.siblings;
    this.entries = List.copyOf(entries);
    skipped = own.skipped;
    ghosts = own.ghosts;
    stale = own.stale;
    queueEntries = own.queueEntries;
    this.donors = List.copyOf(donors);
    reader = own.reader.with(this.donors);
  }

  /// {@return this collection as it will be with drawers and vectors of others: it is read through
  /// this one and through them, which stay open as long and are closed by whoever opened them}
  ///
  /// @param drawers every drawer it will have, in the order of their rows, those without one last
  /// @param from the collections that [VectorSource.InDonor] counts
  public CollectionState with(List<DrawerEntry> drawers, List<CollectionState> from) {
    return new CollectionState(this, drawers, from);
  }

  /// {@return its row}
  public CollectionRow row() {
    return row;
  }

  /// {@return its name}
  public String name() {
    return row.name();
  }

  /// {@return its vector segment, absent when the row is missing}
  public Optional<SegmentRow> vectorSegment() {
    return vectorSegment;
  }

  /// {@return its metadata segment, absent when the row is missing}
  public Optional<SegmentRow> metadataSegment() {
    return metadataSegment;
  }

  /// {@return everything the palace says about its index}
  public CollectionSettings settings() {
    return settings;
  }

  /// {@return what the vectors themselves say about the space}
  public SpaceProof proof() {
    return proof;
  }

  /// {@return the space to believe}
  public Space space() {
    return space;
  }

  /// {@return components per vector as header, queue and row agree; 0 when nothing was ever
  /// written}
  public int dimension() {
    return dimension;
  }

  /// {@return the index configuration to go on with: what is stated, with the true space and the M
  /// that the index has}
  public IndexConfiguration index() {
    IndexConfiguration told = settings.mostTelling().withSpace(space);
    return segment
        .filter(vectors -> vectors.index().headerIsTrusted())
        .flatMap(vectors -> vectors.index().layout())
        .map(layout -> told.withM(layout.m()))
        .orElse(told);
  }

  /// {@return how far the metadata segment has consumed the queue}
  public Consumed metadataConsumed() {
    return metadataConsumed;
  }

  /// {@return how far the vector segment has consumed the queue}
  public Consumed vectorConsumed() {
    return vectorConsumed;
  }

  /// {@return the collection's own index, absent when its directory does not exist}
  public Optional<SegmentVectors> segment() {
    return segment;
  }

  /// {@return quarantined copies of its index, newest first}
  public List<SegmentVectors> siblings() {
    return siblings;
  }

  /// {@return the other collections from which drawers and vectors are taken}
  public List<CollectionState> donors() {
    return donors;
  }

  /// {@return its drawers by rising row id, then those that exist only in the queue}
  public List<DrawerEntry> entries() {
    return entries;
  }

  /// {@return its rows in the queue}
  public List<QueueEntry> queueEntries() {
    return queueEntries;
  }

  /// {@return queue rows that nobody can apply}
  public List<SkippedRow> skipped() {
    return skipped;
  }

  /// {@return ids that the index maps although no drawer has them}
  public List<String> ghosts() {
    return ghosts;
  }

  /// {@return ids whose slot is older than what the queue proves}
  public List<String> stale() {
    return stale;
  }

  /// {@return ids of the drawers whose vector exists nowhere}
  public List<String> missingVectors() {
    return entries.stream()
        .filter(entry -> entry.vector() instanceof VectorSource.Missing)
        .map(DrawerEntry::id)
        .toList();
  }

  /// {@return how many drawers have their vector in the queue only}
  public long vectorsInQueue() {
    return entries.stream().filter(entry -> entry.vector() instanceof VectorSource.InQueue).count();
  }

  /// {@return how many drawers have their vector in the index}
  public long vectorsInIndex() {
    return entries.stream().filter(entry -> entry.vector() instanceof VectorSource.InIndex).count();
  }

  /// {@return how many drawers have their vector in a quarantined copy of the index only}
  public long vectorsInSiblings() {
    return entries.stream()
        .filter(entry -> entry.vector() instanceof VectorSource.InSibling)
        .count();
  }

  /// {@return how many drawers have their vector in free pages of the database only}
  public long vectorsInFreePages() {
    return entries.stream()
        .filter(entry -> entry.vector() instanceof VectorSource.InFreePages)
        .count();
  }

  /// {@return the highest position in the queue that any write of this collection ever had, as far
  /// as it can be known}
  public long newestSequence() {
    long newest = Math.max(metadataConsumed.believed(), vectorConsumed.believed());
    if (!queueEntries.isEmpty()) {
      newest = Math.max(newest, queueEntries.getLast().sequence());
    }
    return entries.stream().mapToLong(DrawerEntry::sequence).reduce(newest, Math::max);
  }

  /// {@return every drawer in batches, in the order of [#entries]}
  public BatchPager<Drawer> drawers(int batchSize) {
    return new BatchPager<>((offset, limit) -> reader.read(slice(offset, limit)), batchSize);
  }

  private List<DrawerEntry> slice(long offset, int limit) {
    int from = (int) Math.min(offset, entries.size());
    return entries.subList(from, Math.min(entries.size(), from + limit));
  }

  /// {@return the drawers of some entries, in their order}
  public List<Drawer> read(List<DrawerEntry> some) throws IOException {
    return reader.read(some);
  }

  /// {@return the vectors of some entries, in their order, without reading anything else of them}
  public List<Optional<StoredVector>> vectors(List<DrawerEntry> some) throws IOException {
    return reader.vectors(some);
  }

  @Override
  public void close() {
    closeAll(segment, siblings);
  }

  static void closeAll(Optional<SegmentVectors> segment, List<SegmentVectors> siblings) {
    var open = new ArrayList<>(siblings);
    segment.ifPresent(open::add);
    open.forEach(SegmentVectors::close);
  }
}
