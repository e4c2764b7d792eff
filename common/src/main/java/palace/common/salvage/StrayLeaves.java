package palace.common.salvage;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import palace.common.sqlite.BtreePage;
import palace.common.sqlite.RowidRange;
import palace.common.sqlite.SqliteRecord;
import palace.common.sqlite.SqliteValue;

/// Pages of tables that no tree leads to, each under the table whose rows it holds by the shape of
/// every one of them. Where two tables look the same the page waits until it is known which of them
/// misses rows; it is given to neither without a reason.
final class StrayLeaves {
  private static final String CHROMA_PREFIX = "chroma:";
  private static final String INDEX_PREFIX = "hnsw:";

  private final Map<ChromaTable, List<StrayPage>> pages = new EnumMap<>(ChromaTable.class);
  private final List<Twin> twins = new ArrayList<>();
  private final BitSet claimed;
  private long unknown;

  /// @param claimed the pages that interior pages without a parent name as children
  StrayLeaves(BitSet claimed) {
    this.claimed = claimed;
  }

  /// A page of one of two tables that look the same.
  ///
  /// @param first sign found in it speaks for the first table
  /// @param second sign found in it speaks for the second one
  private record Twin(StrayPage page, ChromaTable table, boolean first, boolean second) {}

  /// Finds the place of a page with these rows.
  void add(BtreePage page, List<SqliteRecord> rows) {
    var tables = EnumSet.allOf(ChromaTable.class);
    tables.removeIf(table -> !rows.stream().allMatch(table::recognises));
    if (tables.isEmpty()) {
      unknown++;
      return;
    }
    StrayPage stray =
        new StrayPage(
            page.number(),
            new RowidRange(
                rows.stream().mapToLong(SqliteRecord::rowid).min().orElse(0),
                rows.stream().mapToLong(SqliteRecord::rowid).max().orElse(0)),
            claimed.get((int) page.number()));
    if (tables.contains(ChromaTable.EMBEDDING_METADATA)) {
      boolean reserved = rows.stream().anyMatch(row -> keyOf(row).startsWith(CHROMA_PREFIX));
      twins.add(new Twin(stray, ChromaTable.EMBEDDING_METADATA, reserved, hasRepeatedKey(rows)));
    } else if (tables.contains(ChromaTable.COLLECTION_METADATA)) {
      boolean foreign = rows.stream().anyMatch(row -> !keyOf(row).startsWith(INDEX_PREFIX));
      twins.add(new Twin(stray, ChromaTable.COLLECTION_METADATA, foreign, false));
    } else if (tables.size() == 1) {
      put(tables.iterator().next(), stray);
    } else {
      unknown++;
    }
  }

  private static String keyOf(SqliteRecord row) {
    return ChromaTable.text(row, 1);
  }

  /// Only a list has several rows of one key.
  private static boolean hasRepeatedKey(List<SqliteRecord> rows) {
    Set<String> keys = new HashSet<>();
    return rows.stream()
        .anyMatch(row ->
            row.values().getFirst() instanceof SqliteValue.Whole id
                && !keys.add(id.value() + " " + keyOf(row)));
  }

  private void put(ChromaTable table, StrayPage page) {
    pages.computeIfAbsent(table, any -> new ArrayList<>()).add(page);
  }

  /// Gives the pages that two tables could have to the one that misses rows there. Where both do, a
  /// key that only one of them can have decides; pages of drawers' metadata without any sign are
  /// scalars where no page in the whole file shows a list.
  void settle(Map<ChromaTable, Holes> holes) {
    boolean lists = twins.stream().anyMatch(Twin::second);
    for (Twin twin : twins) {
      ChromaTable other = twinOf(twin.table());
      boolean mayBeFirst = meets(holes, twin.table(), twin.page());
      boolean mayBeSecond = meets(holes, other, twin.page());
      Optional<ChromaTable> owner = Optional.empty();
      if (mayBeFirst != mayBeSecond) {
        owner = Optional.of(mayBeFirst ? twin.table() : other);
      } else if (twin.first() != twin.second()) {
        owner = Optional.of(twin.first() ? twin.table() : other);
      } else if (twin.table() == ChromaTable.EMBEDDING_METADATA && !lists) {
        owner = Optional.of(twin.table());
      }
      owner.ifPresentOrElse(table -> put(table, twin.page()), () -> unknown++);
    }
    twins.clear();
  }

  private static ChromaTable twinOf(ChromaTable table) {
    return table == ChromaTable.EMBEDDING_METADATA
        ? ChromaTable.EMBEDDING_METADATA_ARRAY
        : ChromaTable.SEGMENT_METADATA;
  }

  private static boolean meets(Map<ChromaTable, Holes> holes, ChromaTable table, StrayPage page) {
    Holes where = holes.get(table);
    return where != null && where.meet(page.rowids());
  }

  /// {@return the pages of a table, in the order in which they lie in the file}
  List<StrayPage> of(ChromaTable table) {
    return pages.getOrDefault(table, List.of());
  }

  /// {@return how many pages with rows belong to no table that is known}
  long unknown() {
    return unknown;
  }
}
