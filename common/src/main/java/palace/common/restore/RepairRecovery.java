package palace.common.restore;

import java.io.IOException;
import java.util.List;
import palace.common.files.FileOps;
import palace.common.swap.MoveJournal;
import palace.common.swap.PalacePaths;

/// Settles an interrupted repair by its journal.
final class RepairRecovery {
  private RepairRecovery() {}

  /// Finishes or undoes the repair, removes its journal, and says in words what was done.
  static List<String> settle(MoveJournal journal, PalacePaths paths, FileOps ops)
      throws IOException {
    throw new UnsupportedOperationException(journal.file() + " " + paths + " " + ops);
  }
}
