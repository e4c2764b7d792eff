package palace.common.store;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.QueueMetadata;
import palace.common.chroma.SequenceNumber;

/// Which drawers a collection has: the rows of `embeddings`, then the queue rows that were not yet
/// applied to them.
final class MetadataFold {
  private final ChromaDatabase database;
  private final Queue queue;
  private final int dimension;
  private final Map<String, Record> records = new LinkedHashMap<>();
  private final List<SkippedRow> skipped = new ArrayList<>();

  /// A drawer on its way to a [DrawerEntry].
  ///
  /// @param appliedSequence `embeddings.seq_id`: an ADD beyond it was ignored because the id
  ///   existed
  record Record(long rowId, long appliedSequence, List<Long> pending) {
    long sequence() {
      return pending.isEmpty() ? appliedSequence : pending.getLast();
    }
  }

  MetadataFold(ChromaDatabase database, Queue queue, int dimension) {
    this.database = database;
    this.queue = queue;
    this.dimension = dimension;
  }

  /// Reads the rows of a metadata segment. A second row of the same id loses against the one that
  /// was touched later.
  void readRows(String segmentId) throws IOException {
    database.each(
        "SELECT id, embedding_id, seq_id FROM embeddings NOT INDEXED WHERE segment_id=? ORDER BY id",
        row -> {
          long sequence = SequenceNumber.of(row.value(3)).position().orElse(0);
          var record = new Record(row.integer(1), sequence, List.of());
          records.merge(
              row.text(2),
              record,
              (first, second) -> second.appliedSequence >= first.appliedSequence ? second : first);
        },
        segmentId);
  }

  /// Applies the queue rows beyond a position, as Chroma would: ADD of a known id and UPDATE of an
  /// unknown one do nothing.
  void apply(List<QueueEntry> entries, long consumed) throws IOException {
    for (QueueEntry entry : entries) {
      if (entry.sequence() > consumed) {
        Optional<String> problem = problemOf(entry);
        if (problem.isPresent()) {
          skipped.add(new SkippedRow(entry.sequence(), entry.id(), problem.get()));
        } else {
          apply(entry);
        }
      }
    }
  }

  private void apply(QueueEntry entry) {
    Record present = records.get(entry.id());
    switch ((int) entry.operation()) {
      case QueueEntry.ADD -> records.computeIfAbsent(entry.id(), id -> added(entry));
      case QueueEntry.UPDATE ->
          records.computeIfPresent(entry.id(), (id, record) -> changed(record, entry));
      case QueueEntry.UPSERT ->
          records.put(entry.id(), present == null ? added(entry) : changed(present, entry));
      case QueueEntry.DELETE -> records.remove(entry.id());
      default ->
          throw new IllegalStateException("operation " + entry.operation() + " has no problem");
    }
  }

  private static Record added(QueueEntry entry) {
    return new Record(0, 0, List.of(entry.sequence()));
  }

  private static Record changed(Record record, QueueEntry entry) {
    var pending = new ArrayList<>(record.pending);
    pending.add(entry.sequence());
    return new Record(record.rowId, record.appliedSequence, pending);
  }

  /// {@return what keeps every Chroma from applying a row}
  private Optional<String> problemOf(QueueEntry entry) throws IOException {
    if (entry.operation() < QueueEntry.ADD || entry.operation() > QueueEntry.DELETE) {
      return Optional.of("unknown operation " + entry.operation());
    }
    if (entry.operation() == QueueEntry.DELETE) {
      return Optional.empty();
    }
    if (entry.hasAnyVector() && !entry.hasVector(dimension)) {
      return Optional.of("its vector is not " + dimension + " float32 components");
    }
    if (!entry.hasAnyVector() && entry.operation() != QueueEntry.UPDATE) {
      return Optional.of("it adds a record but has no vector");
    }
    return queue.metadata(entry.sequence()) instanceof QueueMetadata.Broken(String reason)
        ? Optional.of("its metadata is " + reason)
        : Optional.empty();
  }

  Map<String, Record> records() {
    return records;
  }

  List<SkippedRow> skipped() {
    return skipped;
  }
}
