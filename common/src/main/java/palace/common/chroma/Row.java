package palace.common.chroma;

import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;

/// The current row of a query; columns count from 1. A row is valid only inside the call it was
/// given to.
public final class Row {
  private final ResultSet result;

  Row(ResultSet result) {
    this.result = result;
  }

  /// Reads one value; exists because `java.sql` throws a checked exception of its own.
  @FunctionalInterface
  private interface Read<T> {
    T get() throws SQLException;
  }

  private static <T> T read(Read<T> read) {
    try {
      return read.get();
    } catch (SQLException e) {
      throw new UncheckedSqlException(e);
    }
  }

  /// {@return whether the column is NULL}
  public boolean isNull(int column) {
    return read(() -> result.getObject(column) == null);
  }

  /// {@return the column as text, a BLOB decoded as UTF-8, and "" for NULL}
  public String text(int column) {
    return switch (value(column)) {
      case String text -> text;
      case byte[] bytes -> new String(bytes, StandardCharsets.UTF_8);
      case Object other -> other == NULL ? "" : other.toString();
    };
  }

  /// {@return the column as a 64-bit integer, 0 for NULL}
  public long integer(int column) {
    return read(() -> result.getLong(column));
  }

  /// {@return the column as a double, 0 for NULL}
  public double real(int column) {
    return read(() -> result.getDouble(column));
  }

  /// {@return the column's bytes, none for NULL}
  public byte[] blob(int column) {
    byte[] bytes = read(() -> result.getBytes(column));
    return bytes == null ? new byte[0] : bytes;
  }

  /// {@return the value in the type SQLite stored it with: Long, Double, String, byte[], or
  /// [#NULL]}
  public Object value(int column) {
    Object value = read(() -> result.getObject(column));
    return switch (value) {
      case null -> NULL;
      case Integer small -> small.longValue();
      case Object other -> other;
    };
  }

  /// What [#value] gives for NULL.
  public static final Object NULL = new Object();
}
