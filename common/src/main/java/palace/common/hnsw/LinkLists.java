package palace.common.hnsw;

import java.lang.foreign.MemorySegment;

/// Levels and upper neighbours of the elements, found by walking `link_lists.bin` once.
///
/// The file holds, per element, a u32 size and as many bytes: one block per level from 1 up, each
/// u16 count, u16 unused and M u32 slots. There are no offsets and no trailer, so the walk ends at
/// the first size that cannot be; elements from there on are taken to stand on level 0 only.
/// Nothing is read past the last element, however large the file is.
final class LinkLists {
  /// The highest level that a list may reach; hnswlib's random levels stay below it by far.
  static final int HIGHEST_LEVEL = 60;

  private final MemorySegment bytes;
  private final int blockBytes;
  private final int m;
  private final byte[] levels;
  private final long[] starts;
  private final Ending ending;

  /// How the walk ended.
  sealed interface Ending {
    /// The last list ends after so many bytes.
    record Whole(long endBytes) implements Ending {}

    /// An element's list size is impossible.
    record SizeImpossible(int slot, long size) implements Ending {}

    /// The file ends in or before an element's list.
    record TooShort(int slot) implements Ending {}
  }

  private LinkLists(MemorySegment bytes, IndexLayout layout, int elementCount) {
    this.bytes = bytes;
    this.m = layout.m();
    this.blockBytes = layout.linkBlockBytes();
    // Each element takes at least its size, so a short file bounds what is worth remembering.
    int walkable = (int) Math.min(elementCount, bytes.byteSize() / 4);
    levels = new byte[elementCount];
    starts = new long[walkable];
    ending = walk(elementCount);
  }

  /// {@return the lists of so many elements}
  static LinkLists read(MemorySegment bytes, IndexLayout layout, int elementCount) {
    return new LinkLists(bytes, layout, elementCount);
  }

  private Ending walk(int elementCount) {
    long at = 0;
    for (int slot = 0; slot < elementCount; slot++) {
      if (bytes.byteSize() - at < 4) {
        return new Ending.TooShort(slot);
      }
      long size = bytes.get(HnswIndex.INT, at) & 0xFFFF_FFFFL;
      at += 4;
      if (size % blockBytes != 0 || size / blockBytes > HIGHEST_LEVEL) {
        return new Ending.SizeImpossible(slot, size);
      }
      if (bytes.byteSize() - at < size) {
        return new Ending.TooShort(slot);
      }
      levels[slot] = (byte) (size / blockBytes);
      starts[slot] = at;
      at += size;
    }
    return new Ending.Whole(at);
  }

  /// {@return how many lists fill the bytes exactly, or -1 when no number up to the most does}
  static long countToEnd(MemorySegment bytes, IndexLayout layout, int most) {
    long at = 0;
    int count = 0;
    for (; count < most && bytes.byteSize() - at >= 4; count++) {
      long size = bytes.get(HnswIndex.INT, at) & 0xFFFF_FFFFL;
      if (size % layout.linkBlockBytes() != 0 || size / layout.linkBlockBytes() > HIGHEST_LEVEL) {
        return -1;
      }
      at += 4 + size;
    }
    return at == bytes.byteSize() ? count : -1;
  }

  Ending ending() {
    return ending;
  }

  /// {@return the highest level of an element}
  int level(int slot) {
    return levels[slot];
  }

  /// {@return the neighbours an element claims on a level from 1 to its own; may be more than M}
  int neighbourCount(int slot, int level) {
    return bytes.get(HnswIndex.SHORT, block(slot, level)) & 0xFFFF;
  }

  /// {@return a neighbour as it stands, unsigned}
  long neighbour(int slot, int level, int rank) {
    if (rank < 0 || rank >= m) {
      throw new IndexOutOfBoundsException(rank);
    }
    return bytes.get(HnswIndex.INT, block(slot, level) + 4 + 4L * rank) & 0xFFFF_FFFFL;
  }

  private long block(int slot, int level) {
    if (level < 1 || level > levels[slot]) {
      throw new IndexOutOfBoundsException("level " + level + " of " + levels[slot]);
    }
    return starts[slot] + (long) (level - 1) * blockBytes;
  }
}
