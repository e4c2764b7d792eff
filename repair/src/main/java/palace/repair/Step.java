package palace.repair;

import java.io.IOException;

/// The moments of a repair, in their order; a test fails at one of them.
enum Step {
  /// The palace was examined and copied; nothing of it was touched.
  COPIED,
  /// The fresh indexes lie in the working folder.
  BUILT,
  /// Every row is changed in a transaction that is still open.
  TREATED,
  /// The fresh indexes have their names, and the transaction is about to end.
  NAMED,
  /// The transaction is over.
  COMMITTED,
  /// The palace was examined again and is what it should be.
  PROVEN,
  /// The replaced segments are in the snapshot.
  RETIRED;

  /// Is told each moment, and may end the repair there by throwing.
  interface Watcher {
    /// Is told that a moment has come.
    void reached(Step step) throws IOException;
  }
}
