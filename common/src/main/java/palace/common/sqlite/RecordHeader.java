package palace.common.sqlite;

import java.util.Arrays;
import java.util.Optional;

/// The header of a record: its own length as a varint, then a serial type per value. The lengths
/// that the types stand for have to add up to the record's, to the byte.
///
/// @param length of the header
/// @param types one serial type per value
record RecordHeader(int length, long[] types) {
  private static final int MOST_VALUES = 2000;

  /// {@return the header of a cell's record, or empty when it proves no record}
  static Optional<RecordHeader> of(byte[] page, Cell cell) {
    int limit = cell.at() + cell.local();
    Varint length = Varint.read(page, cell.at(), limit);
    if (length.isNone()
        || length.value() < length.end() - cell.at()
        || length.value() > cell.local()) {
      return Optional.empty();
    }
    int headerEnd = cell.at() + (int) length.value();
    long[] types = new long[Math.min(headerEnd - length.end(), MOST_VALUES)];
    int count = 0;
    long total = length.value();
    int at = length.end();
    while (at < headerEnd && count < types.length && total <= cell.payload()) {
      Varint type = Varint.read(page, at, headerEnd);
      if (type.isNone() || !isType(type.value())) {
        return Optional.empty();
      }
      types[count++] = type.value();
      total += size(type.value());
      at = type.end();
    }
    boolean sound = at == headerEnd && total == cell.payload() && count > 0;
    return sound
        ? Optional.of(new RecordHeader((int) length.value(), Arrays.copyOf(types, count)))
        : Optional.empty();
  }

  /// Types 10 and 11 are SQLite's own and never stored.
  private static boolean isType(long type) {
    return type >= 0 && type != 10 && type != 11;
  }

  /// {@return how many bytes a value of a serial type has}
  static long size(long type) {
    if (type >= 12) {
      return (type - 12) / 2;
    }
    return switch ((int) type) {
      case 1 -> 1;
      case 2 -> 2;
      case 3 -> 3;
      case 4 -> 4;
      case 5 -> 6;
      case 6, 7 -> 8;
      default -> 0;
    };
  }

  /// {@return the value of a serial type that begins at an offset}
  static SqliteValue value(long type, byte[] bytes, int at, Encoding encoding) {
    int size = (int) size(type);
    if (type >= 12) {
      byte[] content = Arrays.copyOfRange(bytes, at, at + size);
      return type % 2 == 0
          ? new SqliteValue.Blob(content)
          : new SqliteValue.Text(encoding.toUtf8(content));
    }
    return switch ((int) type) {
      case 0 -> SqliteValue.NULL;
      case 7 -> new SqliteValue.Real(Double.longBitsToDouble(Octets.signed(bytes, at, size)));
      case 8 -> new SqliteValue.Whole(0);
      case 9 -> new SqliteValue.Whole(1);
      default -> new SqliteValue.Whole(Octets.signed(bytes, at, size));
    };
  }
}
