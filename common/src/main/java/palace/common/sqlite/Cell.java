package palace.common.sqlite;

/// One cell of a b-tree page, in bounds.
///
/// @param child the page of the smaller keys, 0 in a leaf
/// @param rowid the rowid of a row, or the largest one below `child`; 0 in an index
/// @param payload length of the whole record, 0 in a table's interior page
/// @param at where the record begins in the page
/// @param local how many bytes of it are in the page
/// @param overflow the page where it goes on, 0 when it does not
public record Cell(long child, long rowid, long payload, int at, int local, long overflow) {
  /// {@return whether the record goes on in other pages}
  public boolean spills() {
    return local < payload;
  }

  /// {@return the first byte after the cell}
  int end() {
    return at + local + (overflow == 0 ? 0 : Integer.BYTES);
  }
}
