package palace.common.doctor;

import java.util.HashSet;
import java.util.Set;
import palace.common.pickle.IndexMetadata;
import palace.common.pickle.PickleReading;
import palace.common.store.CollectionState;
import palace.common.store.DrawerEntry;
import palace.common.store.QueueEntry;
import palace.common.store.SegmentVectors;
import palace.common.store.VectorSource;

/// Whether Chroma 1.x takes an index for one that was never persisted: no pickle, or one that names
/// no id. It then starts from the queue and overwrites whatever lies there.
enum IndexPresence {
  /// The pickle names ids.
  PERSISTED,
  /// A pickle is there but cannot be read: Chroma fails.
  UNREADABLE,
  /// No pickle.
  NO_PICKLE,
  /// The pickle names no id.
  EMPTY_MAPS;

  static IndexPresence of(SegmentVectors segment) {
    return switch (segment.pickle()) {
      case PickleReading.Absent absent -> NO_PICKLE;
      case PickleReading.Unreadable unreadable -> UNREADABLE;
      case PickleReading.Readable(IndexMetadata metadata) ->
          metadata.idToLabel().isEmpty() ? EMPTY_MAPS : PERSISTED;
    };
  }

  boolean isUninitialised() {
    return this == NO_PICKLE || this == EMPTY_MAPS;
  }

  /// {@return whether some drawer's vector would not come from queue rows that the index has still
  /// to consume}
  static boolean needs(CollectionState state) {
    long consumed = state.vectorConsumed().believed();
    return state.entries().stream().anyMatch(entry -> !comesFromQueue(entry, consumed));
  }

  static boolean comesFromQueue(DrawerEntry entry, long consumed) {
    return entry.vector() instanceof VectorSource.InQueue(long sequence) && sequence > consumed;
  }

  /// {@return drawers whose vector Chroma 1.x drops when it takes the index for new} It fills the
  /// index from the queue alone, and keeps it when the queue has as many rows as the threshold for
  /// persisting; else the next write purges the rows up to the position.
  static long dropped(CollectionState state) {
    boolean persists = state.queueEntries().size() >= state.settings().effective().syncThreshold();
    long kept =
        persists || state.vectorConsumed().stored().isEmpty()
            ? 0
            : state.vectorConsumed().believed();
    Set<String> filled = filledFromQueue(state, kept);
    return state.entries().stream().filter(entry -> !filled.contains(entry.id())).count();
  }

  private static Set<String> filledFromQueue(CollectionState state, long after) {
    var filled = new HashSet<String>();
    for (QueueEntry entry : state.queueEntries()) {
      boolean adds = entry.operation() == QueueEntry.ADD || entry.operation() == QueueEntry.UPSERT;
      if (entry.sequence() > after && adds && entry.hasVector(state.dimension())) {
        filled.add(entry.id());
      } else if (entry.operation() == QueueEntry.DELETE) {
        filled.remove(entry.id());
      }
    }
    return filled;
  }
}
