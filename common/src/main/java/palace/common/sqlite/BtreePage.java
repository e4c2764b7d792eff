package palace.common.sqlite;

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
