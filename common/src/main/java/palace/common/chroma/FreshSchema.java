package palace.common.chroma;

import java.io.IOException;

/// The tables of an empty database, made by Chroma's own migrations, each recorded as Chroma
/// records it.
public final class FreshSchema {
  private static final String MIGRATIONS =
      "CREATE TABLE IF NOT EXISTS migrations (dir TEXT NOT NULL, version INTEGER NOT NULL,"
          + " filename TEXT NOT NULL, sql TEXT NOT NULL, hash TEXT NOT NULL,"
          + " PRIMARY KEY (dir, version))";

  private FreshSchema() {}

  /// Makes the tables of a level. Chroma 1.x adds a row to `acquire_write` at every start and
  /// forces its write lock through the first one.
  public static void create(ChromaDatabase database, SchemaLevel level) throws IOException {
    database.execute(MIGRATIONS);
    for (Migration migration : Migration.upTo(level)) {
      database.executeScript(migration.sql());
      database.execute(
          "INSERT INTO migrations(dir, version, filename, sql, hash) VALUES (?,?,?,?,?)",
          migration.dir(),
          migration.version(),
          migration.filename(),
          migration.sql(),
          migration.hash());
    }
    if (level.hasIntegerSequences()) {
      database.execute(
          "CREATE TABLE IF NOT EXISTS acquire_write"
              + " (id INTEGER PRIMARY KEY, lock_status INTEGER NOT NULL)");
      database.execute("INSERT INTO acquire_write(lock_status) VALUES (TRUE)");
    }
  }
}
