package palace.repair;

import java.io.IOException;
import java.util.List;
import palace.common.doctor.Finding;

/// Restores rows of `tenants` and `databases` that others refer to, and what ties them together.
public record RestoreTenancy() implements Treatment {
  @Override
  public String code() {
    return "restore-tenancy";
  }

  @Override
  public String act() {
    return "restore the rows of tenants and databases";
  }

  @Override
  public boolean isFoundation() {
    return true;
  }

  @Override
  public long apply(Surgery surgery, List<Finding> findings) throws IOException {
    var databases = new DatabaseRows(surgery);
    databases.nameDefault();
    databases.identify();
    databases.placeCollections();
    databases.findTenants();
    return findings.size();
  }
}
