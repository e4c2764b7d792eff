package palace.repair;

import java.io.IOException;

/// The moments of a repair, in their order; a test fails, or kills, at one of them.
enum Step {
  /// The palace was examined and copied; nothing of it was touched.
  COPIED,
  /// The fresh indexes lie in the working folder.
  BUILT,
  /// Every row of the round is changed in the transaction, which is still open.
  TREATED,
  /// The journal says which directories are about to get other names.
  JOURNALED,
  /// The fresh indexes have their names.
  NAMED,
  /// The palace was examined through the open transaction and is what it should be.
  PROVEN,
  /// The transaction is over.
  COMMITTED,
  /// The database was read back.
  READ_BACK,
  /// The replaced segments are in the snapshot.
  RETIRED,
  /// The snapshot is described; only the journal and the working folder are left.
  SEALED;

  /// Is told each moment, and may end the repair there by throwing.
  interface Watcher {
    /// Is told that a moment has come.
    void reached(Step step) throws IOException;
  }
}
