package palace.repair;

import java.util.stream.LongStream;
import palace.common.store.CollectionState;
import palace.common.store.DrawerEntry;
import palace.common.store.VectorSource;

/// The rows of a collection's queue that nobody needs any more.
///
/// @param topic of the rows
/// @param keptFrom the lowest position whose row is kept
record ConsumedQueue(String topic, long keptFrom) {

  /// Below the position of the slower segment, as Chroma itself purges, and below every row that
  /// still holds something newer or better than rows and index do. Where a position cannot be
  /// believed, or the index was never persisted, everything is kept: Chroma would replay it.
  static ConsumedQueue of(CollectionState state) {
    boolean persisted = state.segment().isPresent() && state.segment().get().hasLabels();
    boolean known = persisted && state.metadataConsumed().sane() && state.vectorConsumed().sane();
    long consumed =
        known
            ? Math.min(state.metadataConsumed().believed(), state.vectorConsumed().believed())
            : 0;
    long needed =
        state.entries().stream().flatMapToLong(ConsumedQueue::needed).min().orElse(consumed);
    return new ConsumedQueue(
        state.row().topic(), Math.min(Math.min(consumed, needed), newestRow(state)));
  }

  private static LongStream needed(DrawerEntry entry) {
    LongStream pending = entry.pending().stream().mapToLong(Long::longValue);
    return entry.vector() instanceof VectorSource.InQueue(long sequence)
        ? LongStream.concat(pending, LongStream.of(sequence))
        : pending;
  }

  private static long newestRow(CollectionState state) {
    return state.queueEntries().isEmpty() ? 0 : state.queueEntries().getLast().sequence();
  }
}
