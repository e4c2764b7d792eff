package palace.common.chroma;

/// What was found beside a database file before it was opened.
public sealed interface DatabaseCondition {
  /// Nothing that matters.
  record Clean() implements DatabaseCondition {}

  /// A rollback journal of an interrupted write. No damage: SQLite undoes the write at the next
  /// opening for writing; here it was undone in a private copy.
  record HotJournal(long bytes) implements DatabaseCondition {}

  /// A write-ahead log whose rows belong to the database; they were merged in a private copy.
  record UnmergedLog(long bytes) implements DatabaseCondition {}
}
