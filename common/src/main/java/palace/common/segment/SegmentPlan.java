package palace.common.segment;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import palace.common.hnsw.IndexCheck;
import palace.common.hnsw.IndexFault;
import palace.common.pickle.IndexMetadata;
import palace.common.pickle.PickleReading;
import palace.common.store.CollectionState;
import palace.common.store.DrawerEntry;
import palace.common.store.SegmentVectors;
import palace.common.store.VectorSource;

/// Whether a collection's index can be carried over, and what has to be linked anew.
public sealed interface SegmentPlan {
  /// A carried index may hold this share of deleted elements; beyond it searches suffer and a fresh
  /// one is better.
  double MOST_DELETED = 0.2;

  /// Take over the graph as it stands.
  ///
  /// @param added drawers to link into it
  /// @param removed slots to mark as deleted
  record Carry(List<DrawerEntry> added, List<Integer> removed) implements SegmentPlan {
    /// Keeps copies.
    public Carry {
      added = List.copyOf(added);
      removed = List.copyOf(removed);
    }
  }

  /// Link every drawer anew.
  ///
  /// @param reason why the graph cannot be carried over
  record Rebuild(String reason) implements SegmentPlan {}

  /// No drawer has a vector: no directory at all.
  record Nothing() implements SegmentPlan {}

  /// Looks at a collection and decides; the index is examined completely.
  static SegmentPlan of(CollectionState collection) {
    if (collection.missingVectors().size() == collection.entries().size()) {
      return new Nothing();
    }
    return collection.segment().isEmpty()
        ? new Rebuild("it has no index")
        : of(collection, collection.segment().get());
  }

  private static SegmentPlan of(CollectionState collection, SegmentVectors segment) {
    if (!(segment.pickle() instanceof PickleReading.Readable(IndexMetadata metadata))
        || !segment.hasLabels()) {
      return new Rebuild("its index was never persisted");
    }
    List<IndexFault> faults =
        IndexCheck.examine(segment.index(), collection.space(), metadata).stream()
            .filter(fault -> fault.harm() != IndexFault.Harm.NOTICE || isScattered(fault))
            .toList();
    if (!faults.isEmpty()) {
      return new Rebuild(faults.getFirst().sentence());
    }
    if (segment.index().layout().orElseThrow().dimension() != collection.dimension()) {
      return new Rebuild("its index has another dimension");
    }
    return carry(collection, segment);
  }

  /// hnswlib leaves a few elements unreachable in large indexes; more than a hundredth of them
  /// means that links were lost.
  private static boolean isScattered(IndexFault fault) {
    return fault
            instanceof IndexFault.Unreachable(long count, long live, int firstSlot, double recall)
        && count > 1 + live / 100;
  }

  private static SegmentPlan carry(CollectionState collection, SegmentVectors segment) {
    var added = new ArrayList<DrawerEntry>();
    Set<Integer> kept = new HashSet<>();
    for (DrawerEntry entry : collection.entries()) {
      switch (entry.vector()) {
        case VectorSource.InIndex(int slot) -> kept.add(slot);
        case VectorSource.InQueue queue -> added.add(entry);
        case VectorSource.InSibling sibling -> added.add(entry);
        case VectorSource.InDonor donor -> added.add(entry);
        case VectorSource.InFreePages purged -> added.add(entry);
        case VectorSource.Missing missing -> {}
      }
    }
    int count = segment.index().elementCount();
    List<Integer> removed = new ArrayList<>();
    int deleted = 0;
    for (int slot = 0; slot < count; slot++) {
      if (segment.index().deleted(slot)) {
        deleted++;
      } else if (!kept.contains(slot)) {
        removed.add(slot);
      }
    }
    boolean sparse = deleted + removed.size() > MOST_DELETED * (count + added.size());
    return sparse
        ? new Rebuild("more than a fifth of its index is deleted")
        : new Carry(added, removed);
  }
}
