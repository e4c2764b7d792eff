package palace.repair;

import java.io.IOException;
import palace.common.PalaceException;
import palace.common.Progress;

/// Repairs palaces: the copy first, new indexes beside the old ones, one commit.
public final class Repair {
  private final Progress progress;

  /// A repair that reports how far it is.
  public Repair(Progress progress) {
    this.progress = progress;
  }

  /// Examines a palace, plans, and unless only the plan is asked for, cures it.
  ///
  /// Whatever is thrown, the palace is as it was, except with [PalaceException.PersonNeeded], whose
  /// message says where everything is.
  ///
  /// @throws PalaceException.Busy when somebody has the palace open
  /// @throws PalaceException.Refused when nothing that is wrong can be treated, or no copy of the
  ///   database can be made
  public Outcome run(RepairRequest request) throws IOException {
    throw new PalaceException.Failed("not built in: " + progress + request, "");
  }
}
