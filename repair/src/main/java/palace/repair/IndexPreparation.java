package palace.repair;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import palace.common.Progress;
import palace.common.chroma.SequenceNumber;
import palace.common.segment.SegmentPlan;
import palace.common.segment.SegmentWriter;
import palace.common.segment.WrittenSegment;
import palace.common.store.BatchPager;
import palace.common.store.CollectionState;
import palace.common.store.Drawer;
import palace.common.store.DrawerEntry;
import palace.common.store.Palace;
import palace.common.store.QueueEntry;
import palace.common.store.SkippedRow;
import palace.common.store.VectorSource;

/// Writes fresh indexes below the working folder of a repair while the palace is still only read,
/// and gathers what has to be written into the database with them.
final class IndexPreparation {
  private final Palace palace;
  private final Path folder;
  private final KeptText text;
  private final int batchSize;
  private final Progress progress;
  private final Set<Long> given = new HashSet<>();
  private long highest;

  IndexPreparation(Palace palace, Path folder, KeptText text, int batchSize, Progress progress) {
    this.palace = palace;
    this.folder = folder;
    this.text = text;
    this.batchSize = batchSize;
    this.progress = progress;
    highest = palace.queue().highest();
  }

  /// Writes the index of one collection.
  ///
  /// @param anew whether every drawer is linked anew even if the index is sound
  NewIndex prepare(CollectionState state, boolean anew) throws IOException {
    List<String> lost = keepLost(state);
    boolean stays = newestRowStays(state, Set.copyOf(lost));
    long newest = stays ? state.newestSequence() : position(state);
    String id = UUID.randomUUID().toString();
    Path built = folder.resolve(id);
    WrittenSegment written =
        SegmentWriter.write(built, state, planOf(state, anew), newest, progress);
    return new NewIndex(
        CollectionFacts.of(palace.layout().directory(), state),
        id,
        built,
        written,
        newest,
        keptRows(state),
        pending(state),
        brought(state),
        lost,
        state.skipped(),
        stays ? Optional.empty() : last(state),
        stays,
        replaced(state));
  }

  private static SegmentPlan planOf(CollectionState state, boolean anew) {
    SegmentPlan plan = SegmentPlan.of(state);
    return anew && plan instanceof SegmentPlan.Carry
        ? new SegmentPlan.Rebuild("it was asked for")
        : plan;
  }

  /// Text is kept batch by batch and let go: what follows needs the ids only.
  private List<String> keepLost(CollectionState state) throws IOException {
    List<DrawerEntry> entries =
        state.entries().stream().filter(entry -> !hasVector(entry)).toList();
    pager(state, entries).forEachBatch(batch -> text.add(state.row().label(), batch));
    return entries.stream().map(DrawerEntry::id).toList();
  }

  private BatchPager<Drawer> pager(CollectionState state, List<DrawerEntry> entries) {
    return new BatchPager<>(
        (offset, limit) ->
            state.read(
                entries.subList(
                    (int) Math.min(offset, entries.size()),
                    (int) Math.min(offset + limit, entries.size()))),
        batchSize);
  }

  static boolean hasVector(DrawerEntry entry) {
    return !(entry.vector() instanceof VectorSource.Missing);
  }

  private static boolean newestRowStays(CollectionState state, Set<String> lostIds) {
    if (state.queueEntries().isEmpty() || state.entries().size() == lostIds.size()) {
      return false;
    }
    QueueEntry newest = state.queueEntries().getLast();
    return newest.sequence() == state.newestSequence()
        && !lostIds.contains(newest.id())
        && state.skipped().stream()
            .mapToLong(SkippedRow::sequence)
            .noneMatch(skipped -> skipped == newest.sequence());
  }

  /// The position at which the collection gets a row of its own: its newest one when that is free
  /// or held by a row of its own that goes, else one beyond everything.
  private long position(CollectionState state) throws IOException {
    long newest = state.newestSequence();
    if (newest == 0) {
      return 0;
    }
    long foreign =
        palace
            .database()
            .number(
                "SELECT count(*) FROM embeddings_queue WHERE seq_id=? AND topic<>?",
                newest,
                state.row().topic());
    boolean free = foreign == 0 && newest < SequenceNumber.PLAUSIBLE && !given.contains(newest);
    long position = free ? newest : highest + 1;
    highest = Math.max(highest, position);
    given.add(position);
    return position;
  }

  private static Set<Long> keptRows(CollectionState state) {
    var kept = new HashSet<Long>();
    for (DrawerEntry entry : state.entries()) {
      if (entry.rowId() > 0 && hasVector(entry)) {
        kept.add(entry.rowId());
      }
    }
    return kept;
  }

  /// Vectors are let go at once: they are in the index, and rows do not hold them.
  private List<NewIndex.PendingDrawer> pending(CollectionState state) throws IOException {
    List<DrawerEntry> entries =
        state.entries().stream()
            .filter(entry -> hasVector(entry) && entry.brought().isEmpty())
            .filter(entry -> !entry.pending().isEmpty())
            .toList();
    var pending = new ArrayList<NewIndex.PendingDrawer>();
    pager(state, entries)
        .forEachBatch(batch -> {
          for (Drawer drawer : batch) {
            long rowId = entries.get(pending.size()).rowId();
            pending.add(
                new NewIndex.PendingDrawer(
                    rowId,
                    new Drawer(
                        drawer.id(), drawer.metadata(), Optional.empty(), drawer.sequence())));
          }
        });
    return pending;
  }

  private static NewIndex.Brought brought(CollectionState state) {
    return new NewIndex.Brought(
        state.entries().stream()
            .filter(entry -> hasVector(entry) && entry.brought().isPresent())
            .toList(),
        state);
  }

  private static Optional<Drawer> last(CollectionState state) throws IOException {
    List<DrawerEntry> entries =
        state.entries().stream().filter(IndexPreparation::hasVector).toList();
    return entries.isEmpty()
        ? Optional.empty()
        : Optional.of(state.read(List.of(entries.getLast())).getFirst());
  }

  private Optional<Path> replaced(CollectionState state) {
    String old = state.vectorSegment().orElseThrow().id();
    return palace.layout().directoryOf(old);
  }
}
