package palace.repair;

import java.util.List;
import palace.common.doctor.DirectoryFinding;
import palace.common.doctor.Finding;

/// Moves index directories that belong to no collection into the snapshot.
public record RetireOrphans() implements Treatment {
  @Override
  public String code() {
    return "retire-orphans";
  }

  @Override
  public String act() {
    return "move index directories that belong to no collection into the snapshot";
  }

  @Override
  public boolean isLast() {
    return true;
  }

  @Override
  public long apply(Surgery surgery, List<Finding> findings) {
    long retired = 0;
    for (Finding finding : findings) {
      if (finding instanceof DirectoryFinding.Orphan orphan) {
        surgery.retire(orphan.directory());
        retired++;
      }
    }
    return retired;
  }
}
