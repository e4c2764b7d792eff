package palace.common.store;

import java.util.Arrays;
import java.util.stream.IntStream;

/// In which pages the rows of many positions may stand, in 8 bytes for each of at most [#MOST]
/// rows: the low half of its position above the number of its page.
final class RowPlaces {
  /// 32 MiB of them.
  static final int MOST = 1 << 22;

  private static final int FIRST_ROOM = 1 << 10;

  private final int most;
  private long[] places = new long[FIRST_ROOM];
  private int count;
  private boolean complete = true;

  RowPlaces(int most) {
    this.most = most;
  }

  /// Notes a row; those that come after the last for which there is room are left out.
  void add(long position, int page) {
    if (count == most) {
      complete = false;
      return;
    }
    if (count == places.length) {
      places = Arrays.copyOf(places, Math.min(most, 2 * count));
    }
    places[count++] = position << Integer.SIZE | page;
  }

  /// Ends the adding; nothing can be asked before.
  void sort() {
    Arrays.sort(places, 0, count);
  }

  /// {@return the pages in which a row of that position may stand, those of positions with the same
  /// low half among them}
  IntStream of(long position) {
    int found = Arrays.binarySearch(places, 0, count, position << Integer.SIZE);
    return IntStream.range(found < 0 ? -found - 1 : found, count)
        .takeWhile(at -> places[at] >> Integer.SIZE == (int) position)
        .map(at -> (int) places[at]);
  }

  /// {@return whether there was room for every row}
  boolean isComplete() {
    return complete;
  }
}
