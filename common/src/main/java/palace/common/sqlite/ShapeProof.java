package palace.common.sqlite;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Finds out a file's shape from its pages, and believes the header only where they agree.
///
/// The header: 16 bytes of magic, page size u16 (1 for 65536), bytes reserved per page u8 at 20,
/// the fixed numbers 64, 32, 32 at 21, first freelist page u32 at 32, their number u32 at 36,
/// encoding u32 at 56.
///
/// A page size is judged by up to [#SAMPLES] pages: how many bytes are in pages whose every cell is
/// sound and one of which ends where the usable part does, as the first cell of every page does.
final class ShapeProof {
  private static final byte[] MAGIC = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);
  private static final int HEADER = 100;
  private static final int SMALLEST = 512;
  private static final int LARGEST = 65536;
  private static final int USUAL = 4096;
  private static final int LEAST_USABLE = 480;
  private static final int SAMPLES = 400;

  private final FileChannel channel;
  private final long size;

  private ShapeProof(FileChannel channel, long size) {
    this.channel = channel;
    this.size = size;
  }

  static FileShape of(FileChannel channel) throws IOException {
    return new ShapeProof(channel, channel.size()).shape();
  }

  private FileShape shape() {
    byte[] header = PageFile.read(channel, 0, HEADER);
    int stated = statedPageSize(header);
    long bestScore = stated == 0 ? 0 : score(stated);
    int best = stated == 0 ? USUAL : stated;
    for (int candidate = SMALLEST; candidate <= LARGEST; candidate *= 2) {
      long score = candidate == stated ? 0 : score(candidate);
      if (score > bestScore) {
        bestScore = score;
        best = candidate;
      }
    }
    boolean intact = stated == best && hasFixedNumbers(header);
    int usable = intact ? stated - Octets.u8(header, 20) : usable(best);
    return new FileShape(
        best,
        usable,
        intact ? Encoding.of(Octets.u32(header, 56)) : Encoding.UTF_8,
        size / best + (size % best == 0 ? 0 : 1),
        intact,
        intact ? Octets.u32(header, 32) : 0,
        intact ? Octets.u32(header, 36) : 0);
  }

  /// {@return the page size of a header that begins as one, else 0}
  private static int statedPageSize(byte[] header) {
    if (!Arrays.equals(header, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      return 0;
    }
    int stated = Octets.u16(header, 16) == 1 ? LARGEST : Octets.u16(header, 16);
    return stated >= SMALLEST && Integer.bitCount(stated) == 1 ? stated : 0;
  }

  private static boolean hasFixedNumbers(byte[] header) {
    int stated = statedPageSize(header);
    return Octets.u8(header, 21) == 64
        && Octets.u8(header, 22) == 32
        && Octets.u8(header, 23) == 32
        && stated - Octets.u8(header, 20) >= LEAST_USABLE;
  }

  private long score(int pageSize) {
    long[] ends = ends(pageSize);
    long good = Arrays.stream(ends).filter(end -> end > pageSize - 256 && end > 0).count();
    return ends.length == 0 ? 0 : good * Math.max(1, size / pageSize) / ends.length * pageSize;
  }

  /// {@return where the last cell of most pages ends}
  private int usable(int pageSize) {
    int[] votes = new int[LARGEST + 1];
    int winner = pageSize;
    for (long end : ends(pageSize)) {
      if (end >= LEAST_USABLE && end > pageSize - 256 && ++votes[(int) end] > votes[winner]) {
        winner = (int) end;
      }
    }
    return winner;
  }

  /// {@return per sampled page the end of its last cell; 0 where not every cell is sound}
  private long[] ends(int pageSize) {
    long pages = size / pageSize;
    FileShape guess =
        new FileShape(pageSize, pageSize, Encoding.UTF_8, Math.max(1, pages), false, 0, 0);
    int samples = (int) Math.min(SAMPLES, pages);
    long[] ends = new long[samples];
    for (int i = 0; i < samples; i++) {
      long number = 1 + pages * i / samples;
      byte[] bytes = PageFile.read(channel, (number - 1) * pageSize, pageSize);
      ends[i] = BtreePage.of(bytes, number, guess).map(ShapeProof::end).orElse(0L);
    }
    return ends;
  }

  private static long end(BtreePage page) {
    long end = 0;
    for (int i = 0; i < page.cells(); i++) {
      var cell = page.cell(i);
      if (cell.isEmpty()) {
        return 0;
      }
      end = Math.max(end, cell.get().end());
    }
    return end;
  }
}
