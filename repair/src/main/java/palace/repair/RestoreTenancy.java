package palace.repair;

import java.io.IOException;
import java.util.List;
import palace.common.doctor.CatalogueFinding;
import palace.common.doctor.Finding;

/// Restores rows of `tenants` and `databases` that others refer to.
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

  private static final String DEFAULT_TENANT = "default_tenant";
  private static final String DEFAULT_DATABASE = "default_database";
  private static final String DEFAULT_ID = "00000000-0000-0000-0000-000000000000";

  @Override
  public long apply(Surgery surgery, List<Finding> findings) throws IOException {
    for (Finding finding : findings) {
      if (finding instanceof CatalogueFinding.TenantMissing(String tenant)) {
        surgery.database().execute("INSERT OR IGNORE INTO tenants(id) VALUES (?)", tenant);
      } else if (finding instanceof CatalogueFinding.DatabaseMissing(String database)) {
        restoreDatabase(surgery, database);
      }
    }
    return findings.size();
  }

  /// The name of a database other than the default one stands nowhere else, so it gets one that can
  /// be told from its id.
  private static void restoreDatabase(Surgery surgery, String database) throws IOException {
    boolean isDefault = database.equals(DEFAULT_DATABASE) || database.equals(DEFAULT_ID);
    surgery
        .database()
        .execute(
            "INSERT OR IGNORE INTO databases(id, name, tenant_id) VALUES (?,?,?)",
            isDefault ? DEFAULT_ID : database,
            isDefault ? DEFAULT_DATABASE : "restored-" + database,
            isDefault ? DEFAULT_TENANT : tenantFor(surgery));
  }

  /// A tenant without any database is whose one is missing, if there is one such tenant.
  private static String tenantFor(Surgery surgery) throws IOException {
    List<String> without =
        surgery
            .database()
            .list(
                "SELECT id FROM tenants WHERE id <> ? AND id NOT IN (SELECT tenant_id FROM databases)",
                row -> row.text(1),
                DEFAULT_TENANT);
    return without.size() == 1 ? without.getFirst() : DEFAULT_TENANT;
  }
}
