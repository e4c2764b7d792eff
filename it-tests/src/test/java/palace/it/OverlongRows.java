package palace.it;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// The rows of a leaf page of a table, made to go on in overflow pages: each keeps its number and
/// the types of the page's first row, but for the last text or blob, which becomes as long as it
/// has to be.
///
/// @param image the database, of pages of 4096 bytes with nothing reserved
/// @param page offset of the page
/// @param rowid number of its first row
/// @param types serial types of that row
record OverlongRows(byte[] image, int page, long rowid, List<Long> types) {
  private static final int PAGE = 4096;
  private static final int PER_OVERFLOW_PAGE = PAGE - 4;

  /// The fewest bytes of a record that SQLite leaves in a leaf when the rest goes elsewhere.
  private static final int LOCAL = (PAGE - 12) * 32 / 255 - 23;

  static OverlongRows in(byte[] image, int page) {
    var bytes = ByteBuffer.wrap(image);
    bytes.position(page + bytes.getShort(page + 8));
    number(bytes);
    long rowid = number(bytes);
    int header = bytes.position();
    int end = header + (int) number(bytes);
    var types = new ArrayList<Long>();
    while (bytes.position() < end) {
      types.add(number(bytes));
    }
    return new OverlongRows(image, page, rowid, types);
  }

  /// Writes as many rows as there were and as there is room for.
  ///
  /// @param pages how many overflow pages each of them claims to have
  /// @param first the number of the first one
  void write(int pages, int first) {
    long payload = LOCAL + (long) pages * PER_OVERFLOW_PAGE;
    byte[] header = header(payload);
    var cells = ByteBuffer.wrap(image);
    int rows = cells.getShort(page + 3);
    int end = page + PAGE;
    int written = 0;
    while (header.length > 0 && written < rows && end - page > 2 * LOCAL) {
      var cell = new ByteArrayOutputStream();
      append(cell, payload);
      append(cell, rowid + written);
      cell.writeBytes(header);
      cell.writeBytes(new byte[LOCAL - header.length]);
      cell.writeBytes(ByteBuffer.allocate(4).putInt(first).array());
      end -= cell.size();
      cells.put(end, cell.toByteArray());
      cells.putShort(page + 8 + 2 * written, (short) (end - page));
      written++;
      cells.putShort(page + 1, (short) 0);
      cells.putShort(page + 3, (short) written);
      cells.putShort(page + 5, (short) (end - page));
      cells.put(page + 7, (byte) 0);
    }
  }

  /// {@return a header whose lengths add up; nothing where no value can be stretched}
  private byte[] header(long payload) {
    int last = types.size() - 1;
    while (last >= 0 && types.get(last) < 12) {
      last--;
    }
    for (int length = types.size() + 1; last >= 0 && length <= LOCAL && length < 128; length++) {
      var longer = new ArrayList<>(types);
      longer.set(last, types.get(last) % 2 + 12);
      long left = payload - length - longer.stream().mapToLong(OverlongRows::size).sum();
      longer.set(last, longer.get(last) + 2 * left);
      var header = new ByteArrayOutputStream();
      append(header, length);
      longer.forEach(type -> append(header, type));
      if (header.size() == length && left > 0) {
        return header.toByteArray();
      }
    }
    return new byte[0];
  }

  private static long size(long type) {
    return type >= 12
        ? (type - 12) / 2
        : new long[] {0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0}[(int) type];
  }

  private static long number(ByteBuffer bytes) {
    long value = 0;
    byte octet;
    do {
      octet = bytes.get();
      value = value << 7 | octet & 0x7F;
    } while (octet < 0);
    return value;
  }

  private static void append(ByteArrayOutputStream bytes, long number) {
    for (int shift = 28; shift > 0; shift -= 7) {
      if (number >>> shift > 0) {
        bytes.write((int) (number >>> shift & 0x7F | 0x80));
      }
    }
    bytes.write((int) (number & 0x7F));
  }
}
