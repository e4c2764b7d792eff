package palace.common.sqlite;

import java.util.Arrays;
import java.util.Optional;

/// The four kinds of b-tree pages, told by their first byte.
public enum PageKind {
  /// 2: separators of an index, each of them an entry itself.
  INDEX_INTERIOR(2),
  /// 5: separators of a table.
  TABLE_INTERIOR(5),
  /// 10: entries of an index.
  INDEX_LEAF(10),
  /// 13: rows of a table.
  TABLE_LEAF(13);

  private final int code;

  PageKind(int code) {
    this.code = code;
  }

  static Optional<PageKind> of(int code) {
    return Arrays.stream(values()).filter(kind -> kind.code == code).findFirst();
  }

  /// {@return whether such a page has children}
  public boolean isInterior() {
    return this == INDEX_INTERIOR || this == TABLE_INTERIOR;
  }

  /// {@return whether such a page belongs to a table}
  public boolean isTable() {
    return this == TABLE_INTERIOR || this == TABLE_LEAF;
  }
}
