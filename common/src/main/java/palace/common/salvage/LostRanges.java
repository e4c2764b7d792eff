package palace.common.salvage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import palace.common.chroma.ChromaDatabase;
import palace.common.sqlite.RowidRange;

/// The rowids of a table's holes for which nothing was found. Some of them may never have been
/// used.
final class LostRanges {
  private static final int MOST = 10_000;

  private final ChromaDatabase database;
  private final String table;

  LostRanges(ChromaDatabase database, String table) {
    this.database = database;
    this.table = table;
  }

  /// {@return the ranges, ascending; of more than 10,000 the last one reaches to the end of its
  /// hole}
  List<RowidRange> in(Holes holes) throws IOException {
    var lost = new ArrayList<RowidRange>();
    for (RowidRange hole : holes.ranges()) {
      split(hole, lost);
    }
    return lost;
  }

  private void split(RowidRange hole, List<RowidRange> lost) throws IOException {
    long[] first = {Math.max(1, hole.first())};
    database.each(
        "SELECT rowid FROM " + table + " WHERE rowid BETWEEN ? AND ? ORDER BY rowid",
        row -> {
          long rowid = row.integer(1);
          if (first[0] < rowid && lost.size() < MOST) {
            lost.add(new RowidRange(first[0], rowid - 1));
          }
          first[0] = lost.size() < MOST && rowid < Long.MAX_VALUE ? rowid + 1 : first[0];
        },
        first[0],
        hole.last());
    if (first[0] <= hole.last()) {
      lost.add(new RowidRange(first[0], hole.last()));
    }
  }
}
