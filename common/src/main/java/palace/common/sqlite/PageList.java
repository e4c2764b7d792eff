package palace.common.sqlite;

import java.util.Arrays;
import java.util.PrimitiveIterator;
import java.util.stream.LongStream;

/// A growing list of page numbers, eight bytes for each.
public final class PageList implements Iterable<Long> {
  private long[] pages = new long[16];
  private int size;

  /// Adds a page at the end.
  public void add(long page) {
    if (size == pages.length) {
      pages = Arrays.copyOf(pages, size * 2);
    }
    pages[size++] = page;
  }

  /// {@return how many pages it has}
  public int size() {
    return size;
  }

  @Override
  public PrimitiveIterator.OfLong iterator() {
    return LongStream.range(0, size).map(i -> pages[(int) i]).iterator();
  }
}
