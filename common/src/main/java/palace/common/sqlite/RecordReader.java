package palace.common.sqlite;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/// Reads records, with what of them is on overflow pages. One reader stands for one pass over a
/// file: a page that went into one record does not go into another, so a pass reads no page twice
/// and ends, whatever the chains say.
///
/// An overflow page is the number of the next as u32, 0 in the last, and content up to the usable
/// size. A chain is believed when it ends exactly where the record does.
public final class RecordReader {
  private final PageFile file;
  private final boolean following;
  private final Optional<Freelist> within;
  private final BitSet used = new BitSet();
  private long broken;

  private RecordReader(PageFile file, boolean following, Optional<Freelist> within) {
    this.file = file;
    this.following = following;
    this.within = within;
  }

  /// Begins a pass that reads whole records.
  public static RecordReader ofWholeRecords(PageFile file) {
    return new RecordReader(file, true, Optional.empty());
  }

  /// Begins a pass that reads of every record what its own page holds.
  public static RecordReader ofLocalParts(PageFile file) {
    return new RecordReader(file, false, Optional.empty());
  }

  /// Begins a pass that reads records of which nothing lies in a page that is in use, or goes on in
  /// one that now lists free pages.
  public static RecordReader ofFreePages(PageFile file, Freelist free) {
    return new RecordReader(file, true, Optional.of(free));
  }

  /// {@return how many records have lost a part so far}
  public long broken() {
    return broken;
  }

  /// {@return the record of a cell, as far as its chain of overflow pages can be followed; empty
  /// when the cell holds none}
  public Optional<SqliteRecord> read(BtreePage page, Cell cell) {
    return RecordHeader.of(page.bytes(), cell).map(header -> decode(page, cell, header));
  }

  /// {@return every sound cell's record of a leaf or of an index page, in the order of their keys}
  public List<SqliteRecord> readAll(BtreePage page) {
    var records = new ArrayList<SqliteRecord>();
    for (int i = 0; i < page.cells(); i++) {
      page.cell(i).flatMap(cell -> read(page, cell)).ifPresent(records::add);
    }
    return records;
  }

  private SqliteRecord decode(BtreePage page, Cell cell, RecordHeader header) {
    byte[] payload = payload(page, cell);
    var values = new ArrayList<SqliteValue>(header.types().length);
    int at = header.length();
    for (long type : header.types()) {
      long size = RecordHeader.size(type);
      if (at + size > payload.length) {
        broken++;
        break;
      }
      values.add(RecordHeader.value(type, payload, at, file.shape().encoding()));
      at += (int) size;
    }
    return new SqliteRecord(cell.rowid(), values, header.types().length);
  }

  /// {@return the record's bytes, fewer when its chain is broken}
  private byte[] payload(BtreePage page, Cell cell) {
    byte[] local = Arrays.copyOfRange(page.bytes(), cell.at(), cell.at() + cell.local());
    if (cell.overflow() == 0 || !following) {
      return local;
    }
    var whole = new ByteArrayOutputStream(local.length);
    whole.writeBytes(local);
    long next = cell.overflow();
    long left = cell.payload() - cell.local();
    while (left > 0 && isUnused(next)) {
      byte[] content = file.bytes(next);
      int length = (int) Math.min(left, file.shape().usable() - Integer.BYTES);
      next = Octets.u32(content, 0);
      if (next == 0 != (left == length) || isBlank(content)) {
        break;
      }
      whole.write(content, Integer.BYTES, length);
      left -= length;
    }
    return whole.toByteArray();
  }

  private boolean isUnused(long page) {
    if (page < 2 || !file.shape().has(page) || page > Integer.MAX_VALUE || used.get((int) page)) {
      return false;
    }
    if (within.isPresent() && !within.get().keeps(page)) {
      return false;
    }
    used.set((int) page);
    return true;
  }

  private static boolean isBlank(byte[] page) {
    for (byte octet : page) {
      if (octet != 0) {
        return false;
      }
    }
    return true;
  }
}
