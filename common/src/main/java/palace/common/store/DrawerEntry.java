package palace.common.store;

import java.util.List;
import java.util.Optional;

/// What is kept in memory of one drawer.
///
/// @param id the user's id
/// @param rowId its `embeddings.id`; 0 when it has no row
/// @param sequence position in the queue of the last write that touched it
/// @param pending queue rows not yet applied to its metadata, by rising sequence number
/// @param vector where its vector lies
/// @param brought the drawer of another collection whose document and metadata it has; absent when
///   it has its own
public record DrawerEntry(
    String id,
    long rowId,
    long sequence,
    List<Long> pending,
    VectorSource vector,
    Optional<VectorSource.InDonor> brought) {
  /// A drawer with its own document and metadata.
  public DrawerEntry(
      String id, long rowId, long sequence, List<Long> pending, VectorSource vector) {
    this(id, rowId, sequence, pending, vector, Optional.empty());
  }

  /// {@return whether a vector of it exists}
  public boolean hasVector() {
    return !(vector instanceof VectorSource.Missing);
  }

  /// {@return the same drawer with its vector elsewhere}
  public DrawerEntry withVector(VectorSource other) {
    return new DrawerEntry(id, rowId, sequence, pending, other, brought);
  }
}
