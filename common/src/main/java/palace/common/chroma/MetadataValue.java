package palace.common.chroma;

import java.util.List;
import java.util.Optional;

/// One typed metadata value as Chroma keeps it: exactly one of the columns string, int, float and
/// bool is set, or, since 1.5, the value is a list with one row per element.
public sealed interface MetadataValue {
  /// Key under which a drawer's document stands among its metadata.
  String DOCUMENT_KEY = "chroma:document";

  /// A string.
  record Text(String value) implements MetadataValue {}

  /// A 64-bit integer.
  record Whole(long value) implements MetadataValue {}

  /// A double; equal when the bits are equal.
  record Real(double value) implements MetadataValue {}

  /// A boolean, stored as 0 or 1.
  record Flag(boolean value) implements MetadataValue {}

  /// A list of values of one type, in order.
  record Listing(List<MetadataValue> values) implements MetadataValue {
    /// Keeps a copy of the elements.
    public Listing {
      values = List.copyOf(values);
    }
  }

  /// {@return the value of a row's typed columns by Chroma's precedence string, int, float, bool; a
  /// row without any is dropped by every release, so it is nothing here}
  static Optional<MetadataValue> ofColumns(Row row, int firstColumn, boolean hasBoolean) {
    if (!row.isNull(firstColumn)) {
      return Optional.of(new Text(row.text(firstColumn)));
    }
    if (!row.isNull(firstColumn + 1)) {
      return Optional.of(new Whole(row.integer(firstColumn + 1)));
    }
    if (!row.isNull(firstColumn + 2)) {
      return Optional.of(new Real(row.real(firstColumn + 2)));
    }
    if (hasBoolean && !row.isNull(firstColumn + 3)) {
      return Optional.of(new Flag(row.integer(firstColumn + 3) != 0));
    }
    return Optional.empty();
  }
}
