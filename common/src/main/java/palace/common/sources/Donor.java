package palace.common.sources;

import palace.common.store.CollectionState;

/// A collection that gives drawers or vectors to another one.
///
/// @param state the collection; whoever opened it closes it
/// @param brings whether drawers that the other lacks are brought in; else only vectors of drawers
///   that it has
/// @param sameQueue whether both were written through one queue, so that of two states of a drawer
///   the one with the higher sequence number is the newer
/// @param retires whether the collection goes away afterwards, so that also the text of a drawer
///   that has no vector must be brought
/// @param revives whether drawers are brought in that the queue of the other says were deleted
public record Donor(
    CollectionState state, boolean brings, boolean sameQueue, boolean retires, boolean revives) {
  /// {@return a donor of vectors alone}
  public static Donor ofVectors(CollectionState state) {
    return new Donor(state, false, false, false, false);
  }

  /// {@return a donor from another database}
  public static Donor ofDrawers(CollectionState state, boolean sameQueue) {
    return new Donor(state, true, sameQueue, false, false);
  }

  /// {@return a donor that is the staging collection beside the other}
  public static Donor staging(CollectionState state) {
    return new Donor(state, true, true, true, false);
  }

  /// {@return a donor that the operator named}
  public static Donor named(CollectionState state, boolean sameQueue) {
    return new Donor(state, true, sameQueue, false, true);
  }

  /// {@return whether its vectors mean the same as those of a collection}
  public boolean fits(CollectionState collection) {
    boolean young = collection.dimension() == 0;
    return state.space() == collection.space()
        && (young || state.dimension() == 0 || state.dimension() == collection.dimension());
  }
}
