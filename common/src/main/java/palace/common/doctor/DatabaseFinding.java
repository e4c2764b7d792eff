package palace.common.doctor;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import palace.common.sqlite.RowidRange;

/// A finding about `chroma.sqlite3` as a file (S1, D1).
public sealed interface DatabaseFinding extends Finding {
  /// How many ranges of one table a sentence names.
  int MOST_RANGES = 3;

  /// {@return the database file}
  Path file();

  @Override
  default Optional<Path> where() {
    return Optional.of(file());
  }

  /// A hot rollback journal: SQLite undoes the write at the next opening for writing. No damage.
  record InterruptedWrite(Path file, long journalBytes) implements DatabaseFinding {
    @Override
    public Nature nature() {
      return Nature.notice("interrupted-write", Threat.NONE);
    }

    @Override
    public String sentence() {
      return "%s: a write was interrupted; its journal of %d bytes is undone at the next opening"
          .formatted(file.getFileName(), journalBytes);
    }
  }

  /// A write-ahead log whose rows belong to the database. No damage.
  record UnmergedLog(Path file, long logBytes) implements DatabaseFinding {
    @Override
    public Nature nature() {
      return Nature.notice("unmerged-wal", Threat.NONE);
    }

    @Override
    public String sentence() {
      return "%s: its write-ahead log of %d bytes is not merged; never copy the file without it"
          .formatted(file.getFileName(), logBytes);
    }
  }

  /// The file cannot be read as a database at all.
  record Unreadable(Path file, String reason) implements DatabaseFinding {
    @Override
    public Nature nature() {
      return Nature.fatal("database-unreadable", Threat.REFUSAL);
    }

    @Override
    public String sentence() {
      return "%s cannot be read as a database: %s".formatted(file.getFileName(), reason);
    }
  }

  /// Pages of tables are damaged: rows may be lost.
  ///
  /// @param messages the first of what SQLite says
  /// @param count how many messages there are; SQLite stops at a hundred
  record PagesDamaged(Path file, List<String> messages, long count) implements DatabaseFinding {
    @Override
    public Nature nature() {
      return Nature.fatal("database-pages-damaged", Threat.FAILURE);
    }

    @Override
    public String sentence() {
      return "%s: %d damaged places in tables, first: %s"
          .formatted(file.getFileName(), count, messages.getFirst());
    }
  }

  /// SQL indexes disagree with their tables; the rows themselves are whole.
  ///
  /// @param messages the first of what SQLite says
  /// @param count how many messages there are; SQLite stops at a hundred
  /// @param rebuildable whether SQLite can read the indexes, which it has to before it can make
  ///   them anew
  record SqlIndexesDamaged(Path file, List<String> messages, long count, boolean rebuildable)
      implements DatabaseFinding {
    @Override
    public Nature nature() {
      return Nature.damage("database-indexes-damaged", Threat.FAILURE);
    }

    @Override
    public String sentence() {
      return "%s: SQL indexes disagree with their tables in %d places, first: %s"
          .formatted(file.getFileName(), count, messages.getFirst());
    }
  }

  /// A table that every database of this level has is missing.
  record TableMissing(Path file, String table) implements DatabaseFinding {
    @Override
    public Nature nature() {
      return Nature.fatal("table-missing", Threat.FAILURE);
    }

    @Override
    public String sentence() {
      return "%s: table %s is missing".formatted(file.getFileName(), table);
    }
  }

  /// Rows that no page of the file gives back any more.
  ///
  /// @param lost where rows are missing or may be missing, by table
  /// @param drawers how many drawers can be had
  record RowsLost(Path file, SortedMap<String, List<RowidRange>> lost, long drawers)
      implements DatabaseFinding {
    /// Keeps copies.
    public RowsLost {
      lost = Collections.unmodifiableSortedMap(new TreeMap<>(lost));
    }

    @Override
    public Nature nature() {
      return Nature.damage("rows-lost", Threat.FAILURE);
    }

    @Override
    public String sentence() {
      return "%s: rows are lost or may be: %s; what is left holds %,d drawers"
          .formatted(
              file.getFileName(),
              lost.entrySet().stream()
                  .map(entry -> entry.getKey() + " " + words(entry.getValue()))
                  .collect(Collectors.joining(", ")),
              drawers);
    }

    private static String words(List<RowidRange> ranges) {
      String first =
          ranges.stream().limit(MOST_RANGES).map(RowsLost::word).collect(Collectors.joining(", "));
      return ranges.size() <= MOST_RANGES
          ? first
          : "%s and %d more ranges".formatted(first, ranges.size() - MOST_RANGES);
    }

    /// {@return a range in words}
    public static String word(RowidRange range) {
      if (range.equals(RowidRange.ALL)) {
        return "any";
      }
      if (range.first() == Long.MIN_VALUE) {
        return "up to " + range.last();
      }
      if (range.last() == Long.MAX_VALUE) {
        return "from " + range.first();
      }
      return range.first() == range.last()
          ? Long.toString(range.first())
          : "%d-%d".formatted(range.first(), range.last());
    }
  }

  /// Nothing of Chroma's is found in any page of the file.
  record NothingLeft(Path file, String reason) implements DatabaseFinding {
    @Override
    public Nature nature() {
      return Nature.fatal("database-nothing-left", Threat.REFUSAL);
    }

    @Override
    public String sentence() {
      return "%s: nothing can be had of it: %s".formatted(file.getFileName(), reason);
    }
  }
}
