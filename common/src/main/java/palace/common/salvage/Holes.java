package palace.common.salvage;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import palace.common.sqlite.RowidRange;

/// Ranges of rowids that are apart from one another: where a table misses rows.
final class Holes {
  private final TreeMap<Long, Long> ranges = new TreeMap<>();

  Holes(List<RowidRange> ranges) {
    ranges.forEach(this::add);
  }

  /// Adds a range.
  void add(RowidRange range) {
    ranges.merge(range.first(), range.last(), Math::max);
  }

  /// {@return whether a rowid lies in one of them}
  boolean contain(long rowid) {
    return meet(new RowidRange(rowid, rowid));
  }

  /// {@return whether one of them shares a rowid with a range}
  boolean meet(RowidRange range) {
    Map.Entry<Long, Long> before = ranges.floorEntry(range.last());
    return before != null && before.getValue() >= range.first();
  }

  /// {@return whether there is none}
  boolean isEmpty() {
    return ranges.isEmpty();
  }

  /// {@return the ranges, ascending}
  List<RowidRange> ranges() {
    var list = new ArrayList<RowidRange>(ranges.size());
    ranges.forEach((first, last) -> list.add(new RowidRange(first, last)));
    return list;
  }
}
