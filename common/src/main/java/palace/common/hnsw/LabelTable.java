package palace.common.hnsw;

import java.util.Arrays;
import java.util.OptionalInt;

/// The slots of an index by label, sixteen bytes or less each.
public final class LabelTable {
  private static final long SLOT_MASK = 0x7FFF_FFFFL;
  private static final long DELETED = 0x8000_0000L;

  /// Label, deleted bit and slot in one number, the sign bit turned over so that numbers sort as
  /// labels do.
  private final long[] entries;

  private LabelTable(long[] entries) {
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
        entries[used++] = entry(label, index.deleted(slot), slot);
      }
    }
    Arrays.sort(entries, 0, used);
    return new LabelTable(Arrays.copyOf(entries, used));
  }

  private static long entry(long label, boolean deleted, int slot) {
    return (label << 32 | (deleted ? DELETED : 0) | slot) ^ Long.MIN_VALUE;
  }

  /// {@return the first live slot with that label, else the first deleted one}
  public OptionalInt slotOf(long label) {
    int rank = firstRank(label);
    return rank < entries.length && label(rank) == label
        ? OptionalInt.of(slot(rank))
        : OptionalInt.empty();
  }

  /// {@return whether several elements carry that label}
  public boolean isAmbiguous(long label) {
    int at = firstRank(label);
    return at + 1 < entries.length && label(at) == label && label(at + 1) == label;
  }

  /// {@return the number of elements in the table}
  int size() {
    return entries.length;
  }

  /// {@return the label at a rank, ascending}
  long label(int rank) {
    return (entries[rank] ^ Long.MIN_VALUE) >>> 32;
  }

  /// {@return the slot at a rank}
  int slot(int rank) {
    return (int) (entries[rank] & SLOT_MASK);
  }

  /// {@return the first rank of that label, or where it would be}
  int firstRank(long label) {
    if (label < 1 || label > IndexCheck.LARGEST_LABEL) {
      return entries.length;
    }
    int at = Arrays.binarySearch(entries, entry(label, false, 0));
    return at < 0 ? -1 - at : at;
  }
}
