package palace.common.files;

import java.nio.file.Path;

/// How far into a file it is worth looking. A sparse file can claim any length for nothing, and
/// whoever walks through its holes pays for all of it.
public final class DataEnd {
  private static final long FREE_HOLE_BYTES = 64L << 20;
  private static final long HOLES_PER_DATA = 16;

  private DataEnd() {}

  /// {@return the file's size, or where its data ends before the first hole with which its holes
  /// come to more than 64 MiB and sixteen times the data before it}
  public static long of(Path file, long size) {
    try (var extents = Extents.open(file, size)) {
      long data = 0;
      long end = 0;
      long from = extents.nextData(0);
      while (from < size && isWorthIt(from - data, data)) {
        end = extents.nextHole(from);
        data += end - from;
        from = end < size ? extents.nextData(end) : size;
      }
      return isWorthIt(size - data, data) ? size : end;
    }
  }

  private static boolean isWorthIt(long holes, long data) {
    return holes <= FREE_HOLE_BYTES || (holes - FREE_HOLE_BYTES) / HOLES_PER_DATA <= data;
  }
}
