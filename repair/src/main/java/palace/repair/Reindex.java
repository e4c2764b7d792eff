package palace.repair;

import java.io.IOException;
import java.util.List;
import palace.common.doctor.Finding;

/// Rebuilds the SQL indexes from their tables, whose rows are whole.
public record Reindex() implements Treatment {
  @Override
  public String code() {
    return "rebuild-sql-indexes";
  }

  @Override
  public String act() {
    return "rebuild the indexes of the database from its tables";
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
  public long apply(Surgery surgery, List<Finding> findings) throws IOException {
    surgery.database().execute("REINDEX");
    return 1;
  }
}
