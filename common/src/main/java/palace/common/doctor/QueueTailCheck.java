package palace.common.doctor;

import palace.common.chroma.MetadataValue;
import palace.common.chroma.StatedConfiguration;
import palace.common.store.CollectionState;
import palace.common.store.SegmentVectors;
import palace.common.store.VectorSource;

/// Finds collections whose vectors wait in the queue in a way that MemPalace takes for damage, or
/// that never ends (F13, F51). A tail as such is the normal state between two flushes.
final class QueueTailCheck {
  /// Below this MemPalace does not mind an index that was never flushed.
  private static final int MANY_DRAWERS = 2_000;

  private final Examination examination;
  private final CollectionState state;

  QueueTailCheck(Examination examination, CollectionState state) {
    this.examination = examination;
    this.state = state;
  }

  void run() {
    var in = CollectionName.of(state.row());
    boolean persisted = state.segment().filter(SegmentVectors::hasLabels).isPresent();
    long waiting =
        state.entries().stream()
            .filter(
                entry -> entry.vector() instanceof VectorSource.InQueue && !isInIndex(entry.id()))
            .count();
    int threshold = state.settings().mostTelling().syncThreshold();
    if (persisted && waiting > 0 && !statesThreshold()) {
      examination.found(new QueueFinding.TailUnflushed(in, waiting));
    }
    if (!persisted && waiting >= MANY_DRAWERS && waiting < threshold) {
      examination.found(new QueueFinding.NeverFlushed(in, waiting, threshold));
    }
  }

  private boolean isInIndex(String id) {
    return state.segment().filter(segment -> segment.labels().containsKey(id)).isPresent();
  }

  /// MemPalace looks into the collection's metadata, then into its schema.
  private boolean statesThreshold() {
    return state.row().metadata().get("hnsw:sync_threshold") instanceof MetadataValue.Whole
        || state.settings().schema() instanceof StatedConfiguration.Stated
            && state.row().schema().filter(text -> text.contains("\"sync_threshold\"")).isPresent();
  }
}
