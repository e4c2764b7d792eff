package palace.repair;

import java.io.IOException;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import palace.common.store.CollectionState;
import palace.common.store.SegmentVectors;
import palace.common.store.StoredVector;

/// The vectors of an index that no drawer will have in the next one: elements of ids without a
/// drawer, and elements whose id is not known because their labels were lost and nothing proves
/// which is whose. They are kept, never guessed.
final class Ghosts {
  private Ghosts() {}

  /// Keeps those of one collection.
  static void keep(CollectionState state, KeptAside aside) throws IOException {
    if (state.segment().isEmpty()) {
      return;
    }
    SegmentVectors segment = state.segment().get();
    for (Map.Entry<Long, Optional<String>> ghost : labels(state, segment).entrySet()) {
      OptionalInt slot = segment.slotOfLabel(ghost.getKey());
      Optional<StoredVector> vector =
          slot.isPresent() ? segment.read(slot.getAsInt(), state.space()) : Optional.empty();
      if (vector.isPresent()) {
        aside.ghost(
            state.row().label(),
            state.vectorSegment().orElseThrow().id(),
            ghost.getKey(),
            ghost.getValue(),
            vector.get().original(state.space()));
      }
    }
  }

  /// By their label, so that the same index always gives the same file.
  private static Map<Long, Optional<String>> labels(CollectionState state, SegmentVectors segment) {
    var ghosts = new TreeMap<Long, Optional<String>>();
    for (String id : state.ghosts()) {
      Long label = segment.labels().get(id);
      if (label != null) {
        ghosts.put(label, Optional.of(id));
      }
    }
    Set<Long> named = new HashSet<>(segment.labels().values());
    for (long label : segment.liveLabels()) {
      if (!named.contains(label)) {
        ghosts.put(label, Optional.empty());
      }
    }
    return ghosts;
  }
}
