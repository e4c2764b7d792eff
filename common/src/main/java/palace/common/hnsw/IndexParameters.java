package palace.common.hnsw;

/// How densely a graph is linked.
///
/// @param m hnswlib's M: links per element and upper level, twice as many on level 0; 16 by default
///     in Chroma
/// @param efConstruction beam width of insertions; 100 by default in Chroma
public record IndexParameters(int m, int efConstruction) {
  /// Chroma's defaults.
  public static final IndexParameters DEFAULT = new IndexParameters(16, 100);

  /// Refuses what hnswlib cannot build.
  public IndexParameters {
    if (!IndexLayout.possible(1, m) || efConstruction < 1) {
      throw new IllegalArgumentException("M " + m + ", efConstruction " + efConstruction);
    }
  }
}
