package palace.common.chroma;

import java.io.IOException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/// What a database says of its own tables, and how far Chroma's migrations have gone by them. Each
/// answer is read anew.
public final class DatabaseSchema {
  private static final String TABLES =
      """
      ["acquire_write","collection_metadata","collections","databases","embedding_fulltext",
       "embedding_fulltext_search","embedding_fulltext_search_config",
       "embedding_fulltext_search_content","embedding_fulltext_search_data",
       "embedding_fulltext_search_docsize","embedding_fulltext_search_idx","embedding_metadata",
       "embedding_metadata_array","embeddings","embeddings_queue","embeddings_queue_config",
       "maintenance_log","max_seq_id","migrations","segment_metadata","segments","tenants"]
      """;

  private final ChromaDatabase database;

  DatabaseSchema(ChromaDatabase database) {
    this.database = database;
  }

  /// {@return whether a table, view or virtual table exists}
  public boolean hasTable(String name) throws IOException {
    return database.number(
            "SELECT count(*) FROM sqlite_master WHERE type IN ('table','view') AND name=?", name)
        > 0;
  }

  /// {@return what stands where Chroma has a table and computes its rows, which may take for ever:
  /// a view, or a table with generated columns}
  public Optional<String> computedTable() throws IOException {
    return database.first(
        "SELECT name FROM sqlite_master WHERE name IN (SELECT value FROM json_each(?)) AND (type='view'"
            + " OR type='table' AND sql NOT LIKE 'CREATE VIRTUAL%' AND EXISTS"
            + " (SELECT 1 FROM pragma_table_xinfo(sqlite_master.name) WHERE hidden>1))",
        row -> row.text(1), TABLES);
  }

  /// {@return the name of a trigger, when there is one: Chroma makes none, and every change of a
  /// row would run it}
  public Optional<String> trigger() throws IOException {
    return database.first(
        "SELECT name FROM sqlite_master WHERE type='trigger'", row -> row.text(1));
  }

  /// {@return the column names of a table, none when it does not exist}
  public Set<String> columns(String table) throws IOException {
    return new HashSet<>(
        database.list("SELECT name FROM pragma_table_info(?)", row -> row.text(1), table));
  }

  /// {@return how far the migrations have gone by their own record; zeros where there are no rows}
  public SchemaLevel recordedLevel() throws IOException {
    if (!hasTable("migrations")) {
      return new SchemaLevel(0, 0, 0);
    }
    return new SchemaLevel(versionOf("sysdb"), versionOf("metadb"), versionOf("embeddings_queue"));
  }

  /// {@return the level that the tables really have, whatever the `migrations` rows say; zeros
  /// where there is no collection table}
  public SchemaLevel level() throws IOException {
    if (!hasTable("collections")) {
      return new SchemaLevel(0, 0, 0);
    }
    return new SchemaLevel(
        sysdbVersion(), metadbVersion(), hasTable("embeddings_queue_config") ? 2 : 1);
  }

  private int sysdbVersion() throws IOException {
    Set<String> collection = columns("collections");
    if (collection.contains("schema_str")) {
      return 10;
    }
    if (hasTable("maintenance_log")) {
      return 9;
    }
    if (collection.contains("config_json_str")) {
      return 7;
    }
    if (columns("collection_metadata").contains("bool_value")) {
      return 6;
    }
    return collection.contains("topic") ? collection.contains("database_id") ? 4 : 3 : 5;
  }

  private int metadbVersion() throws IOException {
    if (hasTable("embedding_metadata_array")) {
      return 6;
    }
    if (database.number(
            "SELECT count(*) FROM pragma_table_info('max_seq_id') WHERE name='seq_id' AND type='INTEGER'")
        > 0) {
      return 5;
    }
    if (database.number(
            "SELECT count(*) FROM sqlite_master WHERE name='embedding_metadata_int_value'")
        > 0) {
      return 4;
    }
    if (hasTable(FullText.TABLE) || hasTable(FullText.TABLE + "_content")) {
      return 3;
    }
    return columns("embedding_metadata").contains("bool_value") ? 2 : 1;
  }

  private int versionOf(String dir) throws IOException {
    return Math.toIntExact(
        Math.clamp(
            database.number("SELECT max(version) FROM migrations WHERE dir=?", dir),
            0,
            Integer.MAX_VALUE));
  }
}
