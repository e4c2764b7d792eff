package palace.repair;

import java.io.IOException;
import java.util.List;
import java.util.UUID;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.Row;
import palace.common.store.PalaceLayout;

/// The rows of `databases`, and what ties them to tenants and collections. What a damaged id or
/// tenant was can be told only when a single row fits; a row that nothing refers to is sound.
final class DatabaseRows {
  private static final String DEFAULT_TENANT = "default_tenant";
  private static final String DEFAULT_DATABASE = "default_database";
  private static final String DEFAULT_ID = "00000000-0000-0000-0000-000000000000";
  private static final String IS_DEFAULT =
      "(name = 'default_database' AND tenant_id = 'default_tenant')";
  private static final String UNUSED =
      "NOT EXISTS (SELECT 1 FROM collections c WHERE c.database_id = databases.id)";
  private static final String IDLE = "NOT " + IS_DEFAULT + " AND " + UNUSED;

  private final Surgery surgery;
  private final ChromaDatabase database;

  DatabaseRows(Surgery surgery) {
    this.surgery = surgery;
    database = surgery.database();
  }

  /// One row.
  ///
  /// @param id "" when it has none
  private record Entry(long row, String id) {
    static Entry of(Row row) {
      return new Entry(row.integer(1), row.text(2));
    }

    boolean isNamed() {
      return PalaceLayout.isSegmentName(id);
    }
  }

  private List<Entry> where(String condition) throws IOException {
    return database.list(
        "SELECT rowid, id FROM databases WHERE " + condition + " ORDER BY rowid", Entry::of);
  }

  /// The default database is known by its id, else by its name when its tenant is nobody.
  void nameDefault() throws IOException {
    if (!where(IS_DEFAULT).isEmpty()) {
      return;
    }
    List<Entry> found = where("id = '" + DEFAULT_ID + "'");
    if (found.isEmpty()) {
      found =
          where(
              "name = 'default_database' AND tenant_id NOT IN (SELECT id FROM tenants WHERE id"
                  + " IS NOT NULL)");
    }
    if (found.size() == 1) {
      database.execute(
          "UPDATE databases SET name=?, tenant_id=? WHERE rowid=?",
          DEFAULT_DATABASE,
          DEFAULT_TENANT,
          found.getFirst().row());
    } else {
      insert(DEFAULT_ID, DEFAULT_DATABASE, DEFAULT_TENANT);
    }
  }

  private void insert(String id, String name, String tenant) throws IOException {
    database.execute(
        "INSERT OR IGNORE INTO databases(id, name, tenant_id) VALUES (?,?,?)", id, name, tenant);
  }

  /// Gives rows the ids by which collections name them. The name of a database that has no row
  /// stands nowhere else, so it gets one that can be told from its id.
  void identify() throws IOException {
    identifyDefault();
    List<String> missing = missing();
    List<Entry> nameless = where(UNUSED).stream().filter(row -> !row.isNamed()).toList();
    List<Entry> fitting = nameless.isEmpty() ? where(IDLE) : nameless;
    if (missing.size() == 1 && fitting.size() == 1) {
      identify(fitting.getFirst(), missing.getFirst());
    }
    for (Entry row : where("true")) {
      if (!row.isNamed()) {
        identify(row, UUID.randomUUID().toString());
      }
    }
    for (String id : missing()) {
      insert(id, "restored-" + id, tenantWithoutDatabase());
    }
  }

  private void identifyDefault() throws IOException {
    Entry row = where(IS_DEFAULT).getFirst();
    boolean free = where("id = '" + DEFAULT_ID + "'").isEmpty();
    boolean isWanted = !row.isNamed() || missing().contains(DEFAULT_ID);
    if (free && isWanted && (!row.isNamed() || where(UNUSED).contains(row))) {
      identify(row, DEFAULT_ID);
    }
  }

  private void identify(Entry row, String id) throws IOException {
    database.execute("UPDATE databases SET id=? WHERE rowid=?", id, row.row());
    for (long collection :
        database.list(
            "SELECT rowid FROM collections WHERE database_id=?", one -> one.integer(1), row.id())) {
      place(collection, id);
    }
  }

  /// {@return ids of databases that collections name and that no row has}
  private List<String> missing() throws IOException {
    return database
        .list(
            "SELECT database_id FROM collections EXCEPT SELECT id FROM databases ORDER BY 1",
            row -> row.text(1))
        .stream()
        .filter(PalaceLayout::isSegmentName)
        .toList();
  }

  /// A tenant without any database is whose one is missing, if there is one such tenant.
  private String tenantWithoutDatabase() throws IOException {
    List<String> without = tenantsWithoutDatabase();
    return without.size() == 1 ? without.getFirst() : DEFAULT_TENANT;
  }

  private List<String> tenantsWithoutDatabase() throws IOException {
    return database.list(
        "SELECT id FROM tenants WHERE id <> ? EXCEPT SELECT tenant_id FROM databases",
        row -> row.text(1),
        DEFAULT_TENANT);
  }

  /// Collections whose database cannot be told belong to the only one that has none, else to the
  /// default one.
  void placeCollections() throws IOException {
    List<Entry> idle = where(IDLE);
    String home = (idle.size() == 1 ? idle : where(IS_DEFAULT)).getFirst().id();
    List<Entry> collections =
        database.list("SELECT rowid, database_id FROM collections ORDER BY rowid", Entry::of);
    for (Entry collection : collections) {
      if (!collection.isNamed()) {
        place(collection.row(), home);
      }
    }
  }

  private void place(long collection, String home) throws IOException {
    setWithFreeName("collections", "database_id", collection, home);
  }

  /// Names are unique in a database, and in a tenant.
  private void setWithFreeName(String table, String column, long row, String value)
      throws IOException {
    String update =
        "UPDATE OR IGNORE %s SET %s=?, name=coalesce(name,'unnamed')||? WHERE rowid=?"
            .formatted(table, column);
    String end = "";
    for (int count = 2; database.execute(update, value, end, row) == 0; count++) {
      end = RestoreTexts.RECOVERED + (end.isEmpty() ? "" : "-" + count);
    }
  }

  /// Ties databases to tenants. A tenant that has no row is the only one without a database, if
  /// there is one of each; else it gets a row.
  void findTenants() throws IOException {
    List<String> missing =
        database.list(
            "SELECT tenant_id FROM databases WHERE tenant_id <> ? EXCEPT SELECT id FROM tenants",
            row -> row.text(1),
            DEFAULT_TENANT);
    List<String> without = tenantsWithoutDatabase();
    if (missing.size() == 1 && without.size() == 1) {
      database.execute(
          "UPDATE databases SET tenant_id=? WHERE tenant_id=?",
          without.getFirst(),
          missing.getFirst());
    }
    String other = tenantWithoutDatabase();
    for (Entry row : where("tenant_id IS NULL")) {
      setWithFreeName("databases", "tenant_id", row.row(), other);
    }
    surgery.aside().rows(database, "tenants", "id IS NULL");
    database.execute("DELETE FROM tenants WHERE id IS NULL");
    database.execute("INSERT OR IGNORE INTO tenants(id) SELECT tenant_id FROM databases");
    database.execute("INSERT OR IGNORE INTO tenants(id) VALUES (?)", DEFAULT_TENANT);
  }
}
