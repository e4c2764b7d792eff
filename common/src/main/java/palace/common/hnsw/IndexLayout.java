package palace.common.hnsw;

/// Where things stand inside one element of `data_level0.bin`; all of it follows from two numbers.
///
/// | offset | size | content |
/// |---|---|---|
/// | 0 | u16 | number of level-0 neighbours |
/// | 2 | u8 | bit 0: deleted |
/// | 3 | u8 | unused |
/// | 4 | 2·M·4 | u32 slots of the neighbours, first `number` valid |
/// | `vectorOffset` | dimension·4 | float32 vector as stored |
/// | `labelOffset` | u64 | label |
///
/// @param dimension components of a vector
/// @param m hnswlib's M: most neighbours on an upper level; level 0 has twice as many
public record IndexLayout(int dimension, int m) {
  /// More components than any embedder gives.
  public static final int LARGEST_DIMENSION = 1 << 20;

  /// The largest M whose level-0 neighbour count fits its field.
  public static final int LARGEST_M = 32767;

  /// Refuses what no index has.
  public IndexLayout {
    if (!possible(dimension, m)) {
      throw new IllegalArgumentException("dimension " + dimension + ", M " + m);
    }
  }

  /// {@return whether an index can have this dimension and M}
  public static boolean possible(long dimension, long m) {
    return dimension >= 1 && dimension <= LARGEST_DIMENSION && m >= 2 && m <= LARGEST_M;
  }

  /// {@return most neighbours of an element on a level}
  public int mostNeighbours(int level) {
    return level == 0 ? 2 * m : m;
  }

  /// {@return bytes before the vector}
  public int vectorOffset() {
    return 4 + 2 * m * 4;
  }

  /// {@return bytes before the label}
  public int labelOffset() {
    return vectorOffset() + dimension * 4;
  }

  /// {@return bytes of one element}
  public int elementBytes() {
    return labelOffset() + 8;
  }

  /// {@return bytes of one level's block in `link_lists.bin`}
  public int linkBlockBytes() {
    return 4 + m * 4;
  }
}
