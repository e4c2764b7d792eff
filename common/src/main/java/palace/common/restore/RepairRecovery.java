package palace.common.restore;

import java.io.IOException;
import java.util.List;
import palace.common.files.FileOps;
import palace.common.swap.MoveJournal;
import palace.common.swap.PalacePaths;

/// Settles an interrupted repair by its journal.
public final class RepairRecovery {
  /// The note of the journal with the ids of the fresh vector segments, a comma between.
  public static final String SEGMENTS = "segments";

  /// The note of the journal with the change counter of the database before the transaction; absent
  /// when it is not known.
  public static final String CHANGE_COUNTER = "changeCounter";

  private RepairRecovery() {}

  static List<String> settle(MoveJournal journal, PalacePaths paths, FileOps ops)
      throws IOException {
    throw new UnsupportedOperationException(journal.file() + " " + paths + " " + ops);
  }
}
