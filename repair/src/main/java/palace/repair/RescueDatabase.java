package palace.repair;

import java.util.List;
import palace.common.doctor.Finding;

/// Puts a fresh database in the place of a damaged one, with every row that can be had of it. It is
/// no change of rows in a transaction: a [RescueRun] does it, and the other treatments are applied
/// to the fresh database before it takes its place.
public record RescueDatabase() implements Treatment {
  @Override
  public String code() {
    return "rescue-database";
  }

  @Override
  public String act() {
    return "read every page of the damaged database and make a fresh one of what can be had";
  }

  @Override
  public String cost() {
    return "rows that no page gives back are lost, and named; the snapshot keeps the damaged file";
  }

  @Override
  public boolean isFoundation() {
    return true;
  }

  @Override
  public boolean reveals() {
    return true;
  }

  @Override
  public long apply(Surgery surgery, List<Finding> findings) {
    throw new IllegalStateException("a fresh database is not made inside another one");
  }
}
