package palace.common.hnsw;

import java.util.Arrays;
import java.util.OptionalInt;

/// The slots of an index by label, sixteen bytes or less each.
public final class LabelTable {
  private static final int SLOT_BITS = 31;
  private static final long SLOT_MASK = (1L << SLOT_BITS) - 1;

  private final HnswIndex index;
  private final long[] entries;

  private LabelTable(HnswIndex index, long[] entries) {
    this.index = index;
    this.entries = entries;
  }

  /// Reads the labels of all elements; those that no release gives out are left out.
  public static LabelTable of(HnswIndex index) {
    int count = index.elementCount();
    var entries = new long[count];
    int used = 0;
    for (int slot = 0; slot < count; slot++) {
      long label = index.label(slot);
      if (label >= 1 && label <= IndexCheck.LARGEST_LABEL) {
        entries[used++] = label << SLOT_BITS | slot;
      }
    }
    Arrays.sort(entries, 0, used);
    return new LabelTable(index, Arrays.copyOf(entries, used));
  }

  /// {@return the first live slot with that label, else the first deleted one}
  public OptionalInt slotOf(long label) {
    int first = -1;
    for (int at = begin(label); at < entries.length && label(at) == label; at++) {
      if (!index.deleted(slot(at))) {
        return OptionalInt.of(slot(at));
      }
      first = first < 0 ? slot(at) : first;
    }
    return first < 0 ? OptionalInt.empty() : OptionalInt.of(first);
  }

  /// {@return whether several elements carry that label}
  public boolean isAmbiguous(long label) {
    int at = begin(label);
    return at + 1 < entries.length && label(at) == label && label(at + 1) == label;
  }

  /// {@return the number of elements in the table}
  int size() {
    return entries.length;
  }

  /// {@return the label at a rank, ascending}
  long label(int rank) {
    return entries[rank] >>> SLOT_BITS;
  }

  /// {@return the slot at a rank}
  int slot(int rank) {
    return (int) (entries[rank] & SLOT_MASK);
  }

  private int begin(long label) {
    if (label < 1 || label > IndexCheck.LARGEST_LABEL) {
      return entries.length;
    }
    int at = Arrays.binarySearch(entries, label << SLOT_BITS);
    return at < 0 ? -1 - at : at;
  }
}
