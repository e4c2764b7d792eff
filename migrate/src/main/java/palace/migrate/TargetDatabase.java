package palace.migrate;

import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.FreshSchema;
import palace.common.chroma.MetadataValue;
import palace.common.chroma.QueueRow;
import palace.common.chroma.SchemaLevel;

/// A fresh database of a level: its tables made by Chroma's own migrations, each recorded as Chroma
/// records it, and the rows that belong to no collection.
final class TargetDatabase {
  private static final String DEFAULT_TENANT = "default_tenant";
  private static final String DEFAULT_DATABASE = "default_database";
  private static final String DEFAULT_DATABASE_ID = "00000000-0000-0000-0000-000000000000";

  /// Begins the name of a database that stands in for one whose row was lost.
  static final String RECOVERED = "recovered-";

  private final ChromaDatabase database;
  private final SchemaLevel level;

  TargetDatabase(ChromaDatabase database, SchemaLevel level) {
    this.database = database;
    this.level = level;
  }

  /// Makes the tables, and the row that says how the queue is purged.
  void create() throws IOException {
    FreshSchema.create(database, level);
    database.execute(
        "INSERT INTO embeddings_queue_config(id, config_json_str) VALUES (1,?)",
        QueueRow.CONFIGURATION);
  }

  /// Copies tenants and databases from the attached source. Chroma's own defaults stay, because its
  /// clients do not start without them. What a row refers to and the source lacks is made anew: a
  /// tenant by its name, a database, whose name is lost, as `recovered-` and its id.
  void copyTenants(SchemaLevel sourceLevel) throws IOException {
    if (!sourceLevel.hasDatabases()) {
      return;
    }
    database.execute("DELETE FROM databases");
    database.execute("DELETE FROM tenants");
    database.execute("INSERT INTO tenants(id) SELECT DISTINCT id FROM source.tenants");
    database.execute("INSERT OR IGNORE INTO tenants(id) SELECT tenant_id FROM source.databases");
    database.execute(
        "INSERT OR IGNORE INTO databases(id, name, tenant_id)"
            + " SELECT id, name, tenant_id FROM source.databases");
    database.execute("INSERT OR IGNORE INTO tenants(id) VALUES (?)", DEFAULT_TENANT);
    database.execute(
        "INSERT OR IGNORE INTO databases(id, name, tenant_id) VALUES (?,?,?)",
        DEFAULT_DATABASE_ID,
        DEFAULT_DATABASE,
        DEFAULT_TENANT);
    database.execute(
        "INSERT OR IGNORE INTO databases(id, name, tenant_id)"
            + " SELECT DISTINCT database_id, ? || database_id, ? FROM source.collections",
        RECOVERED,
        DEFAULT_TENANT);
  }

  /// {@return the id of a database that is there: the wanted one, else the default one}
  String databaseId(String wanted) throws IOException {
    boolean known = database.number("SELECT count(*) FROM databases WHERE id=?", wanted) > 0;
    return known ? wanted : defaultDatabaseId();
  }

  private String defaultDatabaseId() throws IOException {
    return database
        .first(
            "SELECT id FROM databases WHERE name=? AND tenant_id=?",
            row -> row.text(1),
            DEFAULT_DATABASE,
            DEFAULT_TENANT)
        .orElse(DEFAULT_DATABASE_ID);
  }

  /// Writes a row per key into `collection_metadata` or `segment_metadata`, exactly one typed
  /// column set in each.
  void writeMetadata(
      String table, String owner, String ownerId, Map<String, MetadataValue> metadata)
      throws IOException {
    String sql =
        "INSERT INTO "
            + table
            + "("
            + owner
            + ", key, str_value, int_value, float_value, bool_value) VALUES (?,?,?,?,?,?)";
    for (Map.Entry<String, MetadataValue> entry : new TreeMap<>(metadata).entrySet()) {
      @Nullable Object[] columns = columns(entry.getValue());
      database.execute(
          sql, ownerId, entry.getKey(), columns[0], columns[1], columns[2], columns[3]);
    }
  }

  private static @Nullable Object[] columns(MetadataValue value) {
    return switch (value) {
      case MetadataValue.Text(String text) -> new @Nullable Object[] {text, null, null, null};
      case MetadataValue.Whole(long number) -> new @Nullable Object[] {null, number, null, null};
      case MetadataValue.Real(double number) -> new @Nullable Object[] {null, null, number, null};
      case MetadataValue.Flag(boolean flag) ->
          new @Nullable Object[] {null, null, null, flag ? 1 : 0};
      case MetadataValue.Listing listing ->
          throw new IllegalArgumentException("a collection's metadata holds no lists");
    };
  }
}
