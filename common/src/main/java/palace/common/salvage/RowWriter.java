package palace.common.salvage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import palace.common.chroma.ChromaDatabase;
import palace.common.sqlite.SqliteRecord;
import palace.common.sqlite.SqliteValue;

/// Puts rows into one table of the fresh database under their own rowids. A row whose key is there
/// already, or which the table cannot hold, is left out and counted.
///
/// Texts go in as their bytes, so that even one that is not UTF-8 arrives as it was.
final class RowWriter {
  private record Column(String name, boolean text, boolean rowid) {}

  private final List<Column> columns;
  private final Arguments arguments;
  private long offered;

  RowWriter(ChromaDatabase database, String table) throws IOException {
    this.columns =
        database.list(
            "SELECT name, type, pk = 1 AND (SELECT count(*) FROM pragma_table_info(?) WHERE pk > 0) = 1"
                + " FROM pragma_table_info(?)",
            row ->
                new Column(
                    row.text(1),
                    row.text(2).equals("TEXT") || row.text(2).equals("TIMESTAMP"),
                    row.integer(3) == 1 && row.text(2).equals("INTEGER")),
            table,
            table);
    this.arguments = new Arguments(database, sql(table));
  }

  private String sql(String table) {
    List<Column> stored = columns.stream().filter(column -> !column.rowid()).toList();
    return "INSERT OR IGNORE INTO "
        + table
        + "(rowid, "
        + stored.stream().map(Column::name).collect(Collectors.joining(", "))
        + ") VALUES (?, "
        + stored.stream()
            .map(column -> column.text() ? "CAST(? AS TEXT)" : "?")
            .collect(Collectors.joining(", "))
        + ")";
  }

  /// Takes a row; columns that it lacks become NULL.
  void add(SqliteRecord row) throws IOException {
    var values = new ArrayList<@Nullable Object>(columns.size() + 1);
    values.add(row.rowid());
    for (int i = 0; i < columns.size(); i++) {
      if (!columns.get(i).rowid()) {
        SqliteValue value = i < row.values().size() ? row.values().get(i) : SqliteValue.NULL;
        values.add(argument(value, columns.get(i).text()));
      }
    }
    arguments.add(values.toArray());
    offered++;
  }

  private static @Nullable Object argument(SqliteValue value, boolean text) {
    return value instanceof SqliteValue.Text found && !text ? found.text() : Arguments.of(value);
  }

  /// Writes what was taken.
  void flush() throws IOException {
    arguments.flush();
  }

  /// {@return how many rows were written, after the last flush}
  long added() {
    return arguments.changed();
  }

  /// {@return how many rows were left out, after the last flush}
  long leftOut() {
    return offered - added();
  }
}
