package palace.common.hnsw;

import java.util.BitSet;
import java.util.List;
import palace.common.pickle.IndexMetadata;

/// Checks that the pickle and the index agree: the maps are each other's inverse, every mapped
/// label belongs to a live element and every live element to a mapped label, and the label counter
/// is ahead of all labels.
final class PickleCheck {
  private final HnswIndex index;
  private final IndexMetadata metadata;
  private final List<IndexFault> faults;

  PickleCheck(HnswIndex index, IndexMetadata metadata, List<IndexFault> faults) {
    this.index = index;
    this.metadata = metadata;
    this.faults = faults;
  }

  void examine() {
    examineMaps();
    if (index.layout().isEmpty()) {
      return;
    }
    var labels = LabelTable.of(index);
    examineMappedLabels(labels);
    if (index.headerIsTrusted()) {
      examineTotal(labels);
      examineLiveLabels(labels);
    }
    examineDimensionality();
  }

  private void examineMaps() {
    long count = 0;
    String first = "";
    for (var entry : metadata.idToLabel().entrySet()) {
      if (!entry.getKey().equals(metadata.labelToId().get(entry.getValue()))) {
        first = count++ == 0 ? entry.getKey() : first;
      }
    }
    for (var entry : metadata.labelToId().entrySet()) {
      if (!metadata.idToLabel().containsKey(entry.getValue())) {
        first = count++ == 0 ? entry.getValue() : first;
      }
    }
    if (count > 0) {
      faults.add(new IndexFault.MapsDisagree(count, first));
    }
  }

  private void examineMappedLabels(LabelTable labels) {
    long absent = 0;
    long deleted = 0;
    String firstAbsent = "";
    String firstDeleted = "";
    for (var entry : metadata.idToLabel().entrySet()) {
      var slot = labels.slotOf(entry.getValue());
      if (slot.isEmpty()) {
        firstAbsent = absent++ == 0 ? entry.getKey() : firstAbsent;
      } else if (index.deleted(slot.getAsInt())) {
        firstDeleted = deleted++ == 0 ? entry.getKey() : firstDeleted;
      }
    }
    if (absent > 0) {
      faults.add(new IndexFault.MappedLabelAbsent(absent, firstAbsent, label(firstAbsent)));
    }
    if (deleted > 0) {
      faults.add(new IndexFault.MappedLabelDeleted(deleted, firstDeleted, label(firstDeleted)));
    }
  }

  private long label(String id) {
    return metadata.idToLabel().getOrDefault(id, 0L);
  }

  private void examineTotal(LabelTable labels) {
    long total = metadata.totalElementsAdded();
    long highest = labels.size() == 0 ? 0 : labels.label(labels.size() - 1);
    if (total < highest || total < index.elementCount()) {
      faults.add(new IndexFault.TotalTooLow(total, highest, index.elementCount()));
    }
  }

  private void examineLiveLabels(LabelTable labels) {
    var mapped = mappedRanks(labels);
    long unmapped = 0;
    long first = 0;
    for (int rank = 0; rank < labels.size(); rank++) {
      if (!mapped.get(rank) && !index.deleted(labels.slot(rank))) {
        first = unmapped++ == 0 ? labels.label(rank) : first;
      }
    }
    if (unmapped > 0) {
      faults.add(new IndexFault.LiveLabelUnmapped(unmapped, first));
    }
  }

  private BitSet mappedRanks(LabelTable labels) {
    var mapped = new BitSet(labels.size());
    for (long label : metadata.idToLabel().values()) {
      int rank = labels.firstRank(label);
      // Ids that share a label, which only a false pickle has, must not walk its elements again and
      // again.
      while (rank < labels.size() && labels.label(rank) == label && !mapped.get(rank)) {
        mapped.set(rank++);
      }
    }
    return mapped;
  }

  private void examineDimensionality() {
    int dimension = index.layout().orElseThrow().dimension();
    var said = metadata.dimensionality();
    if (said.isPresent() && said.getAsInt() != dimension) {
      faults.add(new IndexFault.DimensionalityDisagrees(said.getAsInt(), dimension));
    }
  }
}
