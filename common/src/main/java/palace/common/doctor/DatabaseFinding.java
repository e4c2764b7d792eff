package palace.common.doctor;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// A finding about `chroma.sqlite3` as a file (S1, D1).
public sealed interface DatabaseFinding extends Finding {
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
  record SqlIndexesDamaged(Path file, List<String> messages, long count)
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
}
