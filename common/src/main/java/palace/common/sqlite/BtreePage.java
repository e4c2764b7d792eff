package palace.common.sqlite;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A page of a b-tree, whose header has proven itself. Its cells are proven one by one, because a
/// page may be damaged in part.
///
/// Layout, from offset 100 in page 1 and from 0 in every other: kind u8, first free block u16,
/// number of cells u16, start of the cells' area u16 (0 for 65536), fragmented bytes u8, in an
/// interior page the rightmost child u32, then one u16 offset per cell, in the order of their keys.
public final class BtreePage {
  private static final int FILE_HEADER = 100;
  private static final int MOST_FRAGMENTS = 60;
  private static final int SMALLEST_CELL = 4;
  private static final int ONE_BYTE = 0x80;
  private static final int LONGEST_NUMBERS = 18;

  private final byte[] bytes;
  private final long number;
  private final FileShape shape;
  private final PageKind kind;
  private final int base;

  private BtreePage(byte[] bytes, long number, FileShape shape, PageKind kind, int base) {
    this.bytes = bytes;
    this.number = number;
    this.shape = shape;
    this.kind = kind;
    this.base = base;
  }

  /// {@return the page, or empty when its header is not that of a b-tree page}
  static Optional<BtreePage> of(byte[] bytes, long number, FileShape shape) {
    int base = number == 1 ? FILE_HEADER : 0;
    return PageKind.of(Octets.u8(bytes, base))
        .map(kind -> new BtreePage(bytes, number, shape, kind, base))
        .filter(BtreePage::hasSoundHeader);
  }

  /// {@return a page that may have been a leaf of a table once; its header says nothing any more}
  static BtreePage former(byte[] bytes, long number, FileShape shape) {
    return new BtreePage(bytes, number, shape, PageKind.TABLE_LEAF, 0);
  }

  private boolean hasSoundHeader() {
    int free = Octets.u16(bytes, base + 1);
    int area = Octets.u16(bytes, base + 5);
    int start = area == 0 ? 65536 : area;
    return pointersEnd() <= start
        && start <= shape.usable()
        && (free == 0 || free >= start && free <= shape.usable() - SMALLEST_CELL)
        && Octets.u8(bytes, base + 7) <= MOST_FRAGMENTS;
  }

  private int pointersStart() {
    return base + (kind.isInterior() ? 12 : 8);
  }

  private int pointersEnd() {
    return pointersStart() + 2 * cells();
  }

  /// {@return its number, from 1}
  public long number() {
    return number;
  }

  /// {@return what it is}
  public PageKind kind() {
    return kind;
  }

  /// {@return how many cells its header claims}
  public int cells() {
    return Octets.u16(bytes, base + 3);
  }

  /// {@return the page of the largest keys, of an interior page}
  public long rightmostChild() {
    return Octets.u32(bytes, base + 8);
  }

  byte[] bytes() {
    return bytes;
  }

  FileShape shape() {
    return shape;
  }

  /// {@return the cell at an index, or empty when it is not one that SQLite could have written: out
  /// of bounds, of an impossible length, or with a record whose header does not add up}
  public Optional<Cell> cell(int index) {
    int at = Octets.u16(bytes, pointersStart() + 2 * index);
    if (at < pointersEnd() || at > shape.usable() - SMALLEST_CELL) {
      return Optional.empty();
    }
    return switch (kind) {
      case TABLE_INTERIOR -> separator(at);
      case TABLE_LEAF -> record(at, 0, true);
      case INDEX_LEAF -> record(at, 0, false);
      case INDEX_INTERIOR -> record(at + Integer.BYTES, Octets.u32(bytes, at), false);
    };
  }

  /// {@return every record of a table that stands anywhere in the page, whatever its header and its
  /// offsets say, in the order of the bytes}
  ///
  /// SQLite fills a page from its end. So a page that was used again may hold the beginning of an
  /// older record whose end is a newer one; a record in which another begins is not whole.
  ///
  /// A row that is deleted as the last one of its page leaves its bytes as they were, and so does a
  /// page that becomes free; of other deleted rows the first four bytes are gone, and with them
  /// their number, which nothing that is left proves.
  ///
  /// @param columns how many values such a record has, fewer than 120
  /// @param first serial type of its first value
  public List<Cell> remains(int columns, int first) {
    var found = new ArrayList<Cell>();
    int end = shape.usable() - SMALLEST_CELL;
    for (int header = 2; header < end; header++) {
      int length = Octets.u8(bytes, header);
      if (length > columns && length < ONE_BYTE && Octets.u8(bytes, header + 1) == first) {
        Optional<Cell> cell = recordBefore(header, columns);
        if (cell.isPresent()) {
          if (!found.isEmpty() && found.getLast().end() > header) {
            found.removeLast();
          }
          found.add(cell.get());
        }
      }
    }
    return found;
  }

  private Optional<Cell> recordBefore(int header, int columns) {
    for (int at = header - 2; at >= Math.max(0, header - LONGEST_NUMBERS); at--) {
      Optional<Cell> cell = record(at, 0, true).filter(found -> found.at() == header);
      if (cell.flatMap(found -> RecordHeader.of(bytes, found))
          .filter(types -> types.types().length == columns)
          .isPresent()) {
        return cell;
      }
    }
    return Optional.empty();
  }

  private Optional<Cell> separator(int at) {
    Varint key = Varint.read(bytes, at + Integer.BYTES, shape.usable());
    return key.isNone()
        ? Optional.empty()
        : Optional.of(new Cell(Octets.u32(bytes, at), key.value(), 0, key.end(), 0, 0));
  }

  private Optional<Cell> record(int at, long child, boolean table) {
    Varint payload = Varint.read(bytes, at, shape.usable());
    Varint rowid =
        payload.isNone() || !table
            ? new Varint(0, payload.end())
            : Varint.read(bytes, payload.end(), shape.usable());
    if (payload.isNone() || rowid.isNone() || !shape.canHold(payload.value())) {
      return Optional.empty();
    }
    int local = shape.local(payload.value(), table);
    boolean spills = local < payload.value();
    int end = rowid.end() + local + (spills ? Integer.BYTES : 0);
    if (end > shape.usable()) {
      return Optional.empty();
    }
    long overflow = spills ? Octets.u32(bytes, rowid.end() + local) : 0;
    Cell cell = new Cell(child, rowid.value(), payload.value(), rowid.end(), local, overflow);
    return RecordHeader.of(bytes, cell).map(header -> cell);
  }
}
