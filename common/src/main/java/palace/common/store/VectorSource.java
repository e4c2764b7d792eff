package palace.common.store;

/// Where the newest provable vector of a drawer lies.
public sealed interface VectorSource {
  /// In a live slot of the collection's own index.
  record InIndex(int slot) implements VectorSource {}

  /// In a row of the queue.
  record InQueue(long sequence) implements VectorSource {}

  /// In a slot of a quarantined copy of the index.
  ///
  /// @param sibling position in [CollectionState#siblings]
  /// @param slot element in that index
  record InSibling(int sibling, int slot) implements VectorSource {}

  /// With a drawer of another collection or palace.
  ///
  /// @param donor position in [CollectionState#donors]
  /// @param drawer the drawer there
  record InDonor(int donor, DrawerEntry drawer) implements VectorSource {}

  /// In a purged row of the queue whose bytes still stand in free pages of the database.
  ///
  /// @param topic of the row
  /// @param sequence its position
  /// @param dimension components of the vector
  record InFreePages(String topic, long sequence, int dimension) implements VectorSource {}

  /// Nowhere: the drawer needs a new vector.
  record Missing() implements VectorSource {}
}
