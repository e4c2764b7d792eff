package palace.common.sqlite;

import java.util.List;

/// The values of one row or index entry.
///
/// @param rowid of a row, 0 of an index entry
/// @param values those that could be read, from the first on
/// @param count how many there are by the record's own header
public record SqliteRecord(long rowid, List<SqliteValue> values, int count) {
  /// {@return whether every value could be read}
  public boolean isWhole() {
    return values.size() == count;
  }
}
