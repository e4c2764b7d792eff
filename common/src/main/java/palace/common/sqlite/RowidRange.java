package palace.common.sqlite;

/// Rowids from `first` to `last`, both of them included.
public record RowidRange(long first, long last) {
  /// Every rowid there can be.
  public static final RowidRange ALL = new RowidRange(Long.MIN_VALUE, Long.MAX_VALUE);

  /// {@return whether a rowid lies in it}
  public boolean contains(long rowid) {
    return first <= rowid && rowid <= last;
  }

  /// {@return whether it shares a rowid with another range}
  public boolean meets(RowidRange other) {
    return first <= other.last && other.first <= last;
  }
}
