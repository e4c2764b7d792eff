package palace.common.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.LongPredicate;
import palace.common.hnsw.HnswIndex;
import palace.common.hnsw.IndexLayout;
import palace.common.hnsw.Space;
import palace.common.pickle.IndexMetadata;
import palace.common.pickle.IndexPickle;
import palace.common.pickle.PickleReading;

/// One segment directory as a source of vectors: which id stands in which slot, as far as that can
/// be proven, and whether what the slot holds can be a vector at all. Everything a slot needs for
/// being searched (links, entry point, counts) is of no concern here.
public final class SegmentVectors implements AutoCloseable {
  /// How far the norm of a stored cosine vector may be from one.
  private static final float NORM_TOLERANCE = 1e-3f;

  private final HnswIndex index;
  private final PickleReading pickle;
  private final Map<Long, Integer> slotOfLabel;
  private Map<String, Long> labels;

  private SegmentVectors(HnswIndex index, PickleReading pickle) {
    this.index = index;
    this.pickle = pickle;
    this.labels = labelsOf(pickle);
    this.slotOfLabel = liveSlots(index, ends(index, pickle), new HashSet<>(labels.values()));
  }

  /// Opens a directory; whoever opens it closes it.
  public static SegmentVectors open(Path directory, Optional<IndexLayout> expected)
      throws IOException {
    HnswIndex index = HnswIndex.open(directory, expected);
    try {
      return new SegmentVectors(index, IndexPickle.read(directory.resolve(IndexPickle.FILE_NAME)));
    } catch (IOException | RuntimeException e) {
      index.close();
      throw e;
    }
  }

  /// Where the two maps of a pickle disagree, `label_to_id` is the one that a query answers from.
  private static Map<String, Long> labelsOf(PickleReading pickle) {
    return switch (pickle) {
      case PickleReading.Absent absent -> Map.of();
      case PickleReading.Unreadable unreadable -> unreadable.provenLabels();
      case PickleReading.Readable(IndexMetadata metadata) -> inverse(metadata);
    };
  }

  private static Map<String, Long> inverse(IndexMetadata metadata) {
    if (metadata.labelToId().isEmpty()) {
      return metadata.idToLabel();
    }
    var labels = new HashMap<String, Long>(metadata.labelToId().size() * 2);
    metadata.labelToId().forEach((label, id) -> labels.put(id, label));
    metadata.idToLabel().forEach(labels::putIfAbsent);
    return labels;
  }

  /// Where elements may end, in rising order: by the header, by the links of the upper levels, and
  /// because every element was added once, by the pickle. Each may lie, in either direction.
  private static SortedSet<Integer> ends(HnswIndex index, PickleReading pickle) {
    int most = index.slotCount();
    var ends = new TreeSet<>(List.of(index.elementCount(), most));
    index.countByLinks().ifPresent(ends::add);
    if (pickle instanceof PickleReading.Readable(IndexMetadata metadata)
        && metadata.totalElementsAdded() > 0
        && metadata.totalElementsAdded() < most) {
      ends.add((int) metadata.totalElementsAdded());
    }
    return ends;
  }

  /// A label that two live slots carry proves nothing about either. Slots beyond the last element
  /// are junk, old copies of elements among it, so beyond each place where the elements may end,
  /// slots are asked only for labels that the pickle knows and that no slot before carries.
  private static Map<Long, Integer> liveSlots(
      HnswIndex index, SortedSet<Integer> ends, Set<Long> known) {
    int from = ends.first();
    Map<Long, Integer> slots = liveSlots(index, 0, from, label -> true);
    for (int end : ends) {
      slots.putAll(
          liveSlots(index, from, end, label -> known.contains(label) && !slots.containsKey(label)));
      from = end;
    }
    return slots;
  }

  private static Map<Long, Integer> liveSlots(
      HnswIndex index, int from, int to, LongPredicate wanted) {
    var slots = new HashMap<Long, Integer>();
    var twice = new HashSet<Long>();
    for (int slot = from; slot < to; slot++) {
      long label = index.label(slot);
      if (label >= 1
          && !index.deleted(slot)
          && wanted.test(label)
          && slots.putIfAbsent(label, slot) != null) {
        twice.add(label);
      }
    }
    slots.keySet().removeAll(twice);
    return slots;
  }

  /// {@return the files}
  public HnswIndex index() {
    return index;
  }

  /// {@return what the pickle says}
  public PickleReading pickle() {
    return pickle;
  }

  /// {@return the ids that have a label, with it}
  public Map<String, Long> labels() {
    return labels;
  }

  /// {@return every label that exactly one live slot carries}
  public Set<Long> liveLabels() {
    return slotOfLabel.keySet();
  }

  /// {@return whether ids and labels come from a pickle that was read whole}
  public boolean hasLabels() {
    return pickle instanceof PickleReading.Readable(IndexMetadata metadata)
        && !metadata.idToLabel().isEmpty();
  }

  /// Replaces the map of labels by one that was proven in another way.
  void useLabels(Map<String, Long> proven) {
    labels = proven;
  }

  /// {@return the live slot of an id}
  public OptionalInt slotOf(String id) {
    Long label = labels.get(id);
    Integer slot = label == null ? null : slotOfLabel.get(label);
    return slot == null ? OptionalInt.empty() : OptionalInt.of(slot);
  }

  /// {@return the live slot of a label}
  public OptionalInt slotOfLabel(long label) {
    Integer slot = slotOfLabel.get(label);
    return slot == null ? OptionalInt.empty() : OptionalInt.of(slot);
  }

  /// {@return the vector of a slot when its bytes can be one: finite, and for cosine of norm one,
  /// or zero with length zero}
  ///
  /// A cosine vector whose length is lost comes with length 1 and says so.
  public Optional<StoredVector> read(int slot, Space space) {
    if (index.layout().isEmpty()) {
      return Optional.empty();
    }
    float[] components = new float[index.layout().get().dimension()];
    index.storedVector(slot, components);
    if (space != Space.COSINE) {
      return Optional.of(new StoredVector(components, 0, false)).filter(StoredVector::isFinite);
    }
    return cosine(components, index.length(slot));
  }

  private static Optional<StoredVector> cosine(float[] components, float length) {
    float norm = Space.length(components);
    boolean lengthKnown = Float.isFinite(length) && length >= 0;
    if (norm == 0) {
      return lengthKnown && length == 0
          ? Optional.of(new StoredVector(components, 0, false))
          : Optional.empty();
    }
    if (!(Math.abs(norm - 1) <= NORM_TOLERANCE)) {
      return Optional.empty();
    }
    return Optional.of(
        lengthKnown && length > 0
            ? new StoredVector(components, length, false)
            : new StoredVector(components, 1, true));
  }

  @Override
  public void close() {
    index.close();
  }
}
