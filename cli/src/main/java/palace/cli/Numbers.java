package palace.cli;

import java.util.Locale;
import palace.common.files.TreeSize;

/// Numbers as people read them: `52 300`, `1.2 GB`.
final class Numbers {
  private static final String[] UNITS = {"kB", "MB", "GB", "TB", "PB", "EB"};
  private static final double SPARSE = 0.9;

  private Numbers() {}

  /// {@return a count in groups of three digits}
  static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count).replace(',', ' ');
  }

  /// {@return a count with its noun, `1 drawer` or `2 drawers`}
  static String count(long count, String noun) {
    return count(count) + " " + (count == 1 ? noun : noun + "s");
  }

  /// {@return a size in powers of 1000, with one digit behind the point below ten}
  static String bytes(long bytes) {
    if (bytes < 1000) {
      return bytes + " B";
    }
    double amount = bytes;
    int unit = -1;
    do {
      amount /= 1000;
      unit++;
    } while (amount >= 999.5 && unit < UNITS.length - 1);
    return String.format(Locale.ROOT, amount < 9.95 ? "%.1f %s" : "%.0f %s", amount, UNITS[unit]);
  }

  /// {@return what a tree claims, and what it occupies where that is much less}
  static String size(TreeSize size) {
    String claimed = bytes(size.apparentBytes());
    return size.allocatedBytes() < size.apparentBytes() * SPARSE
        ? claimed + " (" + bytes(size.allocatedBytes()) + " on disk)"
        : claimed;
  }
}
