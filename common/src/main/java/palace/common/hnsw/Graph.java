package palace.common.hnsw;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import palace.common.PalaceException;

/// The elements of an index with their links: level 0 in the bytes of `data_level0.bin`, the levels
/// above in arrays.
///
/// A block of an upper level is one count followed by M slots. Reading neighbours never leaves the
/// graph, whatever the bytes say; writing needs mapped bytes that can be written.
final class Graph {
  private static final int[] NO_LEVELS = {};

  final IndexLayout layout;
  final MemorySegment level0;
  final Distance distance;
  private final long elementBytes;
  private final byte[] levels;
  private final int[][] upper;
  private int count;
  private int entryPoint = -1;
  private int maxLevel = -1;

  Graph(IndexLayout layout, Space space, MemorySegment level0, int capacity) {
    this.layout = layout;
    this.level0 = level0;
    this.elementBytes = layout.elementBytes();
    this.distance = new Distance(space, layout.dimension());
    this.levels = new byte[capacity];
    this.upper = new int[capacity][];
    Arrays.fill(upper, NO_LEVELS);
  }

  /// Takes the upper levels of a sound index into memory.
  ///
  /// @param level0 the elements, with room for as many as the capacity says
  /// @throws PalaceException.Refused when the header cannot be trusted
  static Graph read(HnswIndex index, Space space, MemorySegment level0, int capacity)
      throws IOException {
    var header = index.header();
    if (!index.headerIsTrusted() || header.isEmpty()) {
      throw new PalaceException.Refused(
          index.directory() + ": the index is not sound enough to be searched", "palace doctor");
    }
    var graph = new Graph(index.layout().orElseThrow(), space, level0, capacity);
    graph.count = index.elementCount();
    graph.readUpperLevels(LinkLists.read(index.linkListBytes(), graph.layout, graph.count));
    if (header.get().entryPoint() < graph.count) {
      graph.entryPoint = (int) header.get().entryPoint();
      graph.maxLevel = Math.min(header.get().maxLevel(), graph.levels[graph.entryPoint]);
    }
    return graph;
  }

  private void readUpperLevels(LinkLists lists) {
    int stride = layout.m() + 1;
    for (int slot = 0; slot < count; slot++) {
      int level = lists.level(slot);
      levels[slot] = (byte) level;
      if (level > 0) {
        upper[slot] = new int[level * stride];
        for (int l = 1; l <= level; l++) {
          int at = (l - 1) * stride;
          int links = Math.min(lists.neighbourCount(slot, l), layout.m());
          upper[slot][at] = links;
          for (int rank = 0; rank < links; rank++) {
            upper[slot][at + 1 + rank] = (int) lists.neighbour(slot, l, rank);
          }
        }
      }
    }
  }

  int count() {
    return count;
  }

  int entryPoint() {
    return entryPoint;
  }

  int maxLevel() {
    return maxLevel;
  }

  int level(int slot) {
    return levels[slot];
  }

  long vectorStart(int slot) {
    return slot * elementBytes + layout.vectorOffset();
  }

  long labelStart(int slot) {
    return slot * elementBytes + layout.labelOffset();
  }

  boolean deleted(int slot) {
    return (level0.get(JAVA_BYTE, slot * elementBytes + 2) & 1) != 0;
  }

  void markDeleted(int slot) {
    long at = slot * elementBytes + 2;
    level0.set(JAVA_BYTE, at, (byte) (level0.get(JAVA_BYTE, at) | 1));
  }

  /// Adds an unlinked element whose bytes stand in place already.
  ///
  /// @return its slot
  int append(int level) {
    int slot = count++;
    levels[slot] = (byte) level;
    upper[slot] = level == 0 ? NO_LEVELS : new int[level * (layout.m() + 1)];
    return slot;
  }

  void enterAt(int slot) {
    entryPoint = slot;
    maxLevel = levels[slot];
  }

  /// Copies the neighbours of an element on a level that are elements standing on it.
  ///
  /// @param into room for the most neighbours of the level
  /// @return their number
  int neighbours(int slot, int level, int[] into) {
    int claimed = level == 0 ? readLevel0(slot, into) : readUpper(slot, level, into);
    int sound = 0;
    for (int i = 0; i < claimed; i++) {
      int neighbour = into[i];
      if (neighbour >= 0 && neighbour < count && levels[neighbour] >= level) {
        into[sound++] = neighbour;
      }
    }
    return sound;
  }

  private int readLevel0(int slot, int[] into) {
    long at = slot * elementBytes;
    int claimed = level0.get(HnswIndex.SHORT, at) & 0xFFFF;
    int links = Math.min(claimed, layout.mostNeighbours(0));
    MemorySegment.copy(level0, HnswIndex.INT, at + 4, into, 0, links);
    return links;
  }

  private int readUpper(int slot, int level, int[] into) {
    if (level > levels[slot]) {
      return 0;
    }
    int at = (level - 1) * (layout.m() + 1);
    int links = Math.min(Math.max(upper[slot][at], 0), layout.m());
    System.arraycopy(upper[slot], at + 1, into, 0, links);
    return links;
  }

  /// Replaces the neighbours of an element on a level.
  void link(int slot, int level, int[] neighbours, int number) {
    if (level == 0) {
      long at = slot * elementBytes;
      level0.set(HnswIndex.SHORT, at, (short) number);
      MemorySegment.copy(neighbours, 0, level0, HnswIndex.INT, at + 4, number);
    } else {
      int at = (level - 1) * (layout.m() + 1);
      upper[slot][at] = number;
      System.arraycopy(neighbours, 0, upper[slot], at + 1, number);
    }
  }

  /// {@return the blocks of an element's upper levels, each one count and M slots}
  int[] upperBlocks(int slot) {
    return upper[slot];
  }
}
