package palace.repair;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import palace.common.segment.WrittenSegment;
import palace.common.store.CollectionState;
import palace.common.store.Drawer;
import palace.common.store.DrawerEntry;
import palace.common.store.SkippedRow;

/// A collection's fresh index before it is switched on, and what has to change in the database with
/// it.
///
/// @param facts the collection
/// @param segmentId its new vector segment
/// @param built where the fresh directory lies
/// @param written what is in it
/// @param newest the position in the queue up to which everything is in index and rows; 0 when
///   nothing was ever written
/// @param keptRows `embeddings.id` of every drawer that stays; rows of the collection beyond them
///   were deleted by the queue, or lack a vector
/// @param pending drawers that the queue changes or adds
/// @param brought drawers that other collections give, in batches
/// @param lost ids of drawers whose vector is nowhere; their text is kept
/// @param skipped queue rows that nobody can apply
/// @param last the drawer whose row keeps sequence numbers rising; absent when the newest row of
///   the queue does, or when the collection is empty
/// @param newestRowStays whether the queue holds a sound row at `newest`
/// @param replaced the directory that is retired
record NewIndex(
    CollectionFacts facts,
    String segmentId,
    Path built,
    WrittenSegment written,
    long newest,
    Set<Long> keptRows,
    List<PendingDrawer> pending,
    Brought brought,
    List<String> lost,
    List<SkippedRow> skipped,
    Optional<Drawer> last,
    boolean newestRowStays,
    Optional<Path> replaced) {

  /// Drawers that are read, batch by batch, when their rows are written.
  ///
  /// @param entries the drawers
  /// @param through the collection through which they are read
  record Brought(List<DrawerEntry> entries, CollectionState through) {}

  /// A drawer with the queue folded in.
  ///
  /// @param rowId its `embeddings.id`; 0 when it exists only in the queue
  record PendingDrawer(long rowId, Drawer drawer) {}
}
