package palace.common.hnsw;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/// Decides between the layout of the header and the one that the database leads to expect, by
/// looking at elements.
final class LayoutChoice {
  private static final int SAMPLED_ELEMENTS = 256;

  private LayoutChoice() {}

  /// {@return the header's layout unless it is missing, or the expected one fits the first elements
  /// better}
  static Optional<IndexLayout> of(
      Optional<IndexLayout> header, Optional<IndexLayout> expected, MemorySegment level0) {
    if (header.isEmpty() || expected.isEmpty() || header.equals(expected)) {
      return header.or(() -> expected);
    }
    return plausibleElements(expected.get(), level0) > plausibleElements(header.get(), level0)
        ? expected
        : header;
  }

  private static int plausibleElements(IndexLayout layout, MemorySegment level0) {
    long bytes = layout.elementBytes();
    long slots = Math.min(SAMPLED_ELEMENTS, level0.byteSize() / bytes);
    int plausible = 0;
    for (long slot = 0; slot < slots; slot++) {
      if (isPlausible(layout, level0, slot * bytes)) {
        plausible++;
      }
    }
    return plausible;
  }

  /// A float read as the upper half of a label is almost never zero.
  private static boolean isPlausible(IndexLayout layout, MemorySegment level0, long start) {
    int neighbours = level0.get(HnswIndex.SHORT, start) & 0xFFFF;
    int flags = level0.get(JAVA_BYTE, start + 2) & 0xFF;
    long label = level0.get(HnswIndex.LONG, start + layout.labelOffset());
    return neighbours <= layout.mostNeighbours(0)
        && flags <= 1
        && label >= 1
        && label <= IndexCheck.LARGEST_LABEL;
  }
}
