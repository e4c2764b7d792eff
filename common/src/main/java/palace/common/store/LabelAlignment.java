package palace.common.store;

import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Proves which label belongs to which id when the pickle is lost, for indexes that only the Rust
/// core (1.x) wrote.
///
/// That core gives labels in the order in which it gives `embeddings.id`, so both ascend together
/// (seen in 1.5.9, 3,113 of 3,113 after deletes, re-adds and upserts). A record that was deleted
/// after the index was persisted leaves a live label without a row: such labels are recognised
/// because label and row id otherwise advance by the same steps.
final class LabelAlignment {
  private final List<Long> labels;
  private final List<Row> rows;
  private final Map<String, Long> pairs = new HashMap<>();
  private int toDrop;

  /// A row of `embeddings` that the index has consumed.
  record Row(long rowId, String id) {}

  private LabelAlignment(List<Long> labels, List<Row> rows) {
    this.labels = labels;
    this.rows = rows;
    this.toDrop = labels.size() - rows.size();
  }

  /// {@return the label of every row, when there is exactly one way to align them}
  ///
  /// @param labels live labels, ascending
  /// @param rows rows that the index has consumed, ascending by row id
  static Optional<Map<String, Long>> align(List<Long> labels, List<Row> rows) {
    if (labels.size() < rows.size() || rows.isEmpty()) {
      return Optional.empty();
    }
    var alignment = new LabelAlignment(labels, rows);
    return alignment.run() ? Optional.of(alignment.pairs) : Optional.empty();
  }

  private boolean run() {
    int next = 0;
    long offset = rows.getFirst().rowId - labels.getFirst();
    for (Row row : rows) {
      while (next < labels.size()
          && row.rowId - labels.get(next) != offset
          && droppable(next, row, offset)) {
        next++;
        toDrop--;
      }
      if (next == labels.size() || row.rowId - labels.get(next) < offset) {
        return false;
      }
      offset = row.rowId - labels.get(next);
      pairs.put(row.id, labels.get(next++));
    }
    return toDrop == labels.size() - next;
  }

  /// A label has no row when dropping it, and perhaps some after it, brings the steps together
  /// again.
  private boolean droppable(int from, Row row, long offset) {
    int end = Math.min(labels.size(), from + 1 + toDrop);
    return end > from + 1
        && Collections.binarySearch(labels.subList(from + 1, end), row.rowId - offset) >= 0;
  }
}
