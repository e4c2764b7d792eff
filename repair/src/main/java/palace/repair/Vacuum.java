package palace.repair;

import java.util.List;
import palace.common.doctor.Finding;

/// Writes the database anew without free pages, once everything else is done and committed: SQLite
/// does that in a transaction of its own, and the snapshot is the way back.
public record Vacuum() implements Treatment {
  @Override
  public String code() {
    return "vacuum";
  }

  @Override
  public String act() {
    return "write the database anew without free pages";
  }

  @Override
  public String cost() {
    return "nothing is lost; it needs as much room as the database for a while";
  }

  @Override
  public boolean isLast() {
    return true;
  }

  @Override
  public long apply(Surgery surgery, List<Finding> findings) {
    return 0;
  }
}
