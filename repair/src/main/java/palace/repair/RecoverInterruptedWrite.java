package palace.repair;

import java.util.List;
import palace.common.doctor.Finding;

/// Lets SQLite undo an interrupted write, which it does when it opens the database for writing.
public record RecoverInterruptedWrite() implements Treatment {
  @Override
  public String code() {
    return "recover-interrupted-write";
  }

  @Override
  public String act() {
    return "undo the write that was interrupted, as the next Chroma would";
  }

  @Override
  public boolean isFoundation() {
    return true;
  }

  @Override
  public long apply(Surgery surgery, List<Finding> findings) {
    return 0;
  }
}
