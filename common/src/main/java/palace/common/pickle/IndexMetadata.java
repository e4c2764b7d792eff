package palace.common.pickle;

import java.util.Collections;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;

/// What `index_metadata.pickle` says: which drawer stands under which label of the index.
///
/// The maps keep the order of the file and cannot be changed through this record. Labels start at
/// 1, the next one is `totalElementsAdded + 1`, and none is used twice.
///
/// @param dimensionality the number of components; empty in what Rust releases create
/// @param totalElementsAdded how many labels were ever given out
/// @param maxSeqId the newest consumed sequence number; only releases up to 0.5.5 keep it here
/// @param idToLabel the label of each drawer
/// @param labelToId the drawer of each label; the inverse of `idToLabel` when all is well
/// @param idToSeqId the sequence number of each drawer's newest vector; empty in what Rust releases
///     create
/// @param shape how the file holds these fields
public record IndexMetadata(
    OptionalInt dimensionality,
    long totalElementsAdded,
    OptionalLong maxSeqId,
    Map<String, Long> idToLabel,
    Map<Long, String> labelToId,
    Map<String, Long> idToSeqId,
    Shape shape) {

  /// How the file holds the fields.
  public enum Shape {
    /// A plain dict, as Rust releases (1.x) write; releases up to 0.6.3 cannot read it.
    DICT,
    /// An instance of Chroma's `PersistentData`, as Python releases write; all releases read it.
    CLASS
  }

  /// Makes the maps unmodifiable without copying them.
  public IndexMetadata {
    idToLabel = Collections.unmodifiableMap(idToLabel);
    labelToId = Collections.unmodifiableMap(labelToId);
    idToSeqId = Collections.unmodifiableMap(idToSeqId);
  }
}
