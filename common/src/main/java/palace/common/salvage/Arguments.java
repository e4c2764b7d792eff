package palace.common.salvage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import palace.common.chroma.ChromaDatabase;
import palace.common.sqlite.SqliteValue;

/// Runs one statement for many rows, a batch at a time.
final class Arguments {
  private static final int BATCH_ROWS = 500;
  private static final long BATCH_BYTES = 4L << 20;

  private final ChromaDatabase database;
  private final String sql;
  private final List<@Nullable Object[]> batch = new ArrayList<>();
  private long bytes;
  private long changed;

  Arguments(ChromaDatabase database, String sql) {
    this.database = database;
    this.sql = sql;
  }

  /// Adds a row of arguments.
  void add(@Nullable Object... row) throws IOException {
    batch.add(row);
    for (Object value : row) {
      bytes += value instanceof byte[] content ? content.length : Long.BYTES;
    }
    if (batch.size() >= BATCH_ROWS || bytes >= BATCH_BYTES) {
      flush();
    }
  }

  /// Runs what was added.
  void flush() throws IOException {
    long before = database.number("SELECT total_changes()");
    database.executeBatch(sql, batch, arguments -> arguments);
    changed += database.number("SELECT total_changes()") - before;
    batch.clear();
    bytes = 0;
  }

  /// {@return how many rows were changed, after the last flush}
  long changed() {
    return changed;
  }

  /// {@return a value as an argument, a text as its bytes}
  static @Nullable Object of(SqliteValue value) {
    return switch (value) {
      case SqliteValue.Null none -> null;
      case SqliteValue.Whole(long number) -> number;
      case SqliteValue.Real(double number) -> number;
      case SqliteValue.Blob(byte[] content) -> content;
      case SqliteValue.Text(byte[] utf8) -> utf8;
    };
  }
}
