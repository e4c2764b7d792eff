package palace.common.store;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import palace.common.hnsw.Space;
import palace.common.pickle.IndexMetadata;
import palace.common.pickle.PickleReading;

/// Finds for every drawer the newest vector whose bytes can be proven: live slots that agree with
/// the label map, queue rows newer than them, then quarantined copies of the index, then purged
/// rows of the queue. What remains is missing, never invented.
final class VectorFold {
  /// Two copies of one vector differ by rounding only.
  private static final float SAME = 1e-5f;

  private final Queue queue;
  private final String topic;
  private final Space space;
  private final int dimension;
  private final Optional<SegmentVectors> segment;
  private final List<SegmentVectors> siblings;
  private final Map<String, Long> newest = new HashMap<>();
  private final Set<String> deleted = new HashSet<>();
  private final Map<String, Long> touched = new HashMap<>();
  private final Map<String, List<QueueEntry>> rowsOf = new HashMap<>();
  private final List<String> stale = new ArrayList<>();
  private final long persisted;
  private boolean indexed;

  /// @param persisted how far the index was ever persisted, as far as it is known; 0 when it is not
  VectorFold(
      Queue queue,
      String topic,
      Space space,
      int dimension,
      Optional<SegmentVectors> segment,
      List<SegmentVectors> siblings,
      long persisted) {
    this.queue = queue;
    this.topic = topic;
    this.space = space;
    this.dimension = dimension;
    this.segment = segment;
    this.siblings = siblings;
    this.persisted = persisted;
  }

  /// Replays the rows that the index has not consumed, with Chroma's meaning of each operation; all
  /// of them where there is no index.
  void replay(List<QueueEntry> entries, boolean indexed) {
    this.indexed = indexed;
    long consumed = indexed ? persisted : 0;
    for (QueueEntry entry : entries) {
      if (entry.hasVector(dimension)) {
        rowsOf.computeIfAbsent(entry.id(), id -> new ArrayList<>(1)).add(entry);
      }
      if (entry.sequence() > consumed) {
        touched.put(entry.id(), entry.sequence());
        replay(entry);
      }
    }
  }

  private void replay(QueueEntry entry) {
    if (entry.operation() == QueueEntry.DELETE) {
      newest.remove(entry.id());
      deleted.add(entry.id());
      return;
    }
    boolean applies =
        entry.operation() == QueueEntry.ADD && !exists(entry.id())
            || entry.operation() == QueueEntry.UPDATE && exists(entry.id())
            || entry.operation() == QueueEntry.UPSERT;
    if (applies && entry.hasVector(dimension)) {
      newest.put(entry.id(), entry.sequence());
    }
  }

  private boolean exists(String id) {
    return newest.containsKey(id) || !deleted.contains(id) && slotOf(id).isPresent();
  }

  private OptionalInt slotOf(String id) {
    return segment.isPresent() ? segment.get().slotOf(id) : OptionalInt.empty();
  }

  /// {@return where a drawer's vector lies}
  VectorSource sourceOf(String id, MetadataFold.Record record) throws IOException {
    boolean isOutdated = record.sequence() > touched.getOrDefault(id, 0L) && isBeyondIndex(record);
    if (isOutdated && indexed) {
      return purged(id, record);
    }
    Long sequence = newest.get(id);
    if (sequence != null && isFinite(queue.vector(sequence))) {
      return new VectorSource.InQueue(sequence);
    }
    Optional<VectorSource> live = deleted.contains(id) ? Optional.empty() : fromSlot(id, record);
    if (live.isPresent()) {
      return live.get();
    }
    Optional<QueueEntry> row = lastFinite(rowsOf.getOrDefault(id, List.of()), Long.MAX_VALUE);
    if (row.isPresent()) {
      return new VectorSource.InQueue(row.get().sequence());
    }
    Optional<VectorSource> sibling =
        isOutdated ? Optional.empty() : fromSibling(id, Optional.empty());
    return sibling.isPresent() ? sibling.get() : purged(id, record);
  }

  /// The last write itself is what was written last, wherever it stands.
  private VectorSource purged(String id, MetadataFold.Record record) throws IOException {
    long sequence = record.sequence();
    if (queue.purged(topic, id, sequence, record.rowId(), dimension).isEmpty()) {
      return new VectorSource.Missing();
    }
    if (slotOf(id).isPresent()) {
      stale.add(id);
    }
    return new VectorSource.InFreePages(topic, sequence, dimension);
  }

  /// A write beyond what the index has consumed stands in the queue until it is in the index. Where
  /// a tool has emptied the queue, or its page is lost, nothing proves that a slot, there or in a
  /// quarantined copy, or beside such a slot an earlier row, holds what was written last, unless
  /// elements show that the files are newer than what says how much they have consumed.
  private boolean isBeyondIndex(MetadataFold.Record record) {
    return persisted > 0 && record.sequence() > persisted && !isNewerThanPickle();
  }

  private boolean isNewerThanPickle() {
    return segment.isPresent()
        && segment.get().pickle() instanceof PickleReading.Readable(IndexMetadata metadata)
        && segment.get().index().headerIsTrusted()
        && segment.get().index().elementCount() > metadata.totalElementsAdded();
  }

  /// A slot is believed unless a row that was applied later says otherwise: hnswlib does not
  /// persist an update of the only element.
  private Optional<VectorSource> fromSlot(String id, MetadataFold.Record record)
      throws IOException {
    OptionalInt slot = slotOf(id);
    Optional<StoredVector> stored =
        slot.isPresent() ? segment.orElseThrow().read(slot.getAsInt(), space) : Optional.empty();
    if (stored.isEmpty()) {
      return Optional.empty();
    }
    Optional<QueueEntry> applied =
        lastFinite(rowsOf.getOrDefault(id, List.of()), record.sequence());
    if (applied.isPresent()
        && (stored.get().directionOnly() || !agrees(stored.get(), applied.get()))) {
      stale.add(id);
      return Optional.of(new VectorSource.InQueue(applied.get().sequence()));
    }
    VectorSource live = new VectorSource.InIndex(slot.getAsInt());
    return Optional.of(stored.get().directionOnly() ? fromSibling(id, stored).orElse(live) : live);
  }

  private boolean agrees(StoredVector stored, QueueEntry entry) throws IOException {
    return sameDirection(stored, StoredVector.of(queue.vector(entry.sequence()), space))
        && (space != Space.COSINE || stored.directionOnly() || agreesInLength(stored, entry));
  }

  private boolean agreesInLength(StoredVector stored, QueueEntry entry) throws IOException {
    float length = Space.length(queue.vector(entry.sequence()));
    return Math.abs(length - stored.length()) <= SAME * Math.max(1, length);
  }

  static boolean sameDirection(StoredVector left, StoredVector right) {
    float scale = 0;
    float worst = 0;
    for (int i = 0; i < left.components().length; i++) {
      scale = Math.max(scale, Math.abs(right.components()[i]));
      worst = Math.max(worst, Math.abs(left.components()[i] - right.components()[i]));
    }
    return worst <= SAME * Math.max(scale, Float.MIN_NORMAL);
  }

  /// An ADD beyond the record's own position found the id in place and was ignored. What a row
  /// beyond it was for may be unknown, too; that one which was applied has a vector is enough.
  private Optional<QueueEntry> lastFinite(List<QueueEntry> rows, long applied) throws IOException {
    for (QueueEntry entry : rows.reversed()) {
      boolean changes =
          entry.operation() == QueueEntry.UPDATE || entry.operation() == QueueEntry.UPSERT;
      boolean ignored = !changes && entry.sequence() > applied;
      if (!ignored && isFinite(queue.vector(entry.sequence()))) {
        return Optional.of(entry);
      }
    }
    return Optional.empty();
  }

  /// No index can hold a vector whose length is beyond what a float holds.
  private boolean isFinite(float[] vector) {
    return StoredVector.of(vector, space).isFinite();
  }

  private Optional<VectorSource> fromSibling(String id, Optional<StoredVector> direction) {
    for (int i = 0; i < siblings.size(); i++) {
      OptionalInt slot = siblings.get(i).slotOf(id);
      Optional<StoredVector> vector =
          slot.isPresent() ? siblings.get(i).read(slot.getAsInt(), space) : Optional.empty();
      if (vector.isPresent()
          && (direction.isEmpty()
              || !vector.get().directionOnly() && sameDirection(vector.get(), direction.get()))) {
        return Optional.of(new VectorSource.InSibling(i, slot.getAsInt()));
      }
    }
    return Optional.empty();
  }

  /// {@return ids whose slot holds an older vector than a queue row that was applied}
  List<String> stale() {
    return stale;
  }

  /// {@return whether the newest op on an id that the index has not consumed deletes it}
  boolean isDeleted(String id) {
    return deleted.contains(id) && !newest.containsKey(id);
  }
}
