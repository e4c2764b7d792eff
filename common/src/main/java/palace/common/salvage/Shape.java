package palace.common.salvage;

import java.util.List;
import palace.common.sqlite.SqliteRecord;
import palace.common.sqlite.SqliteValue;

/// The storage classes that a table's values may have, one letter a column: `N` NULL, as an INTEGER
/// PRIMARY KEY is stored; `t` text; `s` text or NULL; `i` integer; `n` integer or NULL; `r` number
/// or NULL; `x` integer or bytes; `v` bytes or NULL; `a` anything.
///
/// @param letters one per column
record Shape(String letters) {
  /// {@return whether a record, as far as it could be read, has this shape}
  boolean fits(SqliteRecord sqliteRecord) {
    List<SqliteValue> values = sqliteRecord.values();
    if (sqliteRecord.count() != letters.length()) {
      return false;
    }
    for (int i = 0; i < values.size(); i++) {
      if (!fits(letters.charAt(i), values.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean fits(char letter, SqliteValue value) {
    String classes =
        switch (letter) {
          case 'N' -> "N";
          case 't' -> "T";
          case 's' -> "TN";
          case 'i' -> "I";
          case 'n' -> "IN";
          case 'r' -> "RIN";
          case 'x' -> "IB";
          case 'v' -> "BN";
          default -> "NTIRB";
        };
    return classes.indexOf(classOf(value)) >= 0;
  }

  private static char classOf(SqliteValue value) {
    return switch (value) {
      case SqliteValue.Null none -> 'N';
      case SqliteValue.Text text -> 'T';
      case SqliteValue.Whole number -> 'I';
      case SqliteValue.Real number -> 'R';
      case SqliteValue.Blob bytes -> 'B';
    };
  }
}
