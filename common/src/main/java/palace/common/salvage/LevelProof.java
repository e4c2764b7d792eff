package palace.common.salvage;

import java.util.List;
import java.util.Locale;
import palace.common.chroma.FullText;
import palace.common.chroma.SchemaLevel;
import palace.common.sqlite.SqliteRecord;
import palace.common.sqlite.SqliteValue;

/// Works out the level a damaged database had. Every trace (how a table was made, a migration's
/// row, the number of values in a row) proves that a migration has run, none that one has not: the
/// level is the lowest of a Chroma release that has all of them.
final class LevelProof {
  private static final List<SchemaLevel> LEVELS =
      List.of(
          new SchemaLevel(3, 1, 1),
          new SchemaLevel(3, 2, 1),
          new SchemaLevel(3, 3, 1),
          new SchemaLevel(4, 3, 1),
          new SchemaLevel(5, 3, 1),
          new SchemaLevel(6, 3, 1),
          new SchemaLevel(7, 3, 1),
          new SchemaLevel(9, 4, 2),
          new SchemaLevel(9, 5, 2),
          new SchemaLevel(10, 5, 2),
          SchemaLevel.NEWEST);

  private int sysdb;
  private int metadb;
  private int queue;

  /// Takes in how the tables were made.
  void takeSchema(SchemaEntries schema) {
    String collections = sql(schema, "collections");
    String segments = sql(schema, "segments");
    sysdb(collections.contains("schema_str"), 10);
    sysdb(segments.contains("notnull)") && segments.contains("collection("), 9);
    sysdb(!sql(schema, "maintenance_log").isEmpty(), 8);
    sysdb(collections.contains("config_json_str"), 7);
    sysdb(sql(schema, "collection_metadata").contains("bool_value"), 6);
    sysdb(sql(schema, "segment_metadata").contains("bool_value"), 6);
    sysdb(!collections.isEmpty() && !collections.contains("topic"), 5);
    sysdb(!segments.isEmpty() && !segments.contains("topic"), 5);
    sysdb(!sql(schema, "databases").isEmpty() || collections.contains("database_id"), 4);
    metadb(!sql(schema, "embedding_metadata_array").isEmpty(), 6);
    metadb(sql(schema, "max_seq_id").contains("seq_idinteger"), 5);
    metadb(!sql(schema, "embedding_metadata_int_value").isEmpty(), 4);
    metadb(!sql(schema, FullText.TABLE).isEmpty(), 3);
    metadb(!sql(schema, FullText.TABLE + "_content").isEmpty(), 3);
    metadb(sql(schema, "embedding_metadata").contains("bool_value"), 2);
    queue(!sql(schema, "embeddings_queue_config").isEmpty(), 2);
  }

  private static String sql(SchemaEntries schema, String name) {
    return schema.sql(name).toLowerCase(Locale.ROOT).replaceAll("[\\s\"]", "");
  }

  /// Takes in a row that was found.
  void takeRow(ChromaTable table, SqliteRecord row) {
    switch (table) {
      case MIGRATIONS -> takeMigration(row);
      case DATABASES -> sysdb(true, 4);
      case COLLECTIONS -> takeCollection(row);
      case COLLECTION_METADATA, SEGMENT_METADATA -> sysdb(row.count() == 6, 6);
      case EMBEDDINGS -> metadb(isWhole(row, 3), 5);
      case EMBEDDING_METADATA -> metadb(row.count() == 6, 2);
      case EMBEDDING_METADATA_ARRAY -> metadb(true, 6);
      case MAX_SEQ_ID -> metadb(isWhole(row, 1), 5);
      case QUEUE_CONFIGURATION -> queue(true, 2);
      case MAINTENANCE_LOG -> sysdb(true, 8);
      case ACQUIRE_WRITE -> metadb(true, 5);
      case FULL_TEXT -> metadb(true, 3);
      case SEGMENTS -> sysdb(row.count() == 4, 5);
      case QUEUE, TENANTS -> {}
    }
  }

  private static boolean isWhole(SqliteRecord row, int column) {
    return row.values().size() > column && row.values().get(column) instanceof SqliteValue.Whole;
  }

  private void takeCollection(SqliteRecord row) {
    boolean topic = ChromaTable.text(row, 2).startsWith("persistent://");
    sysdb(row.count() == 6, 10);
    sysdb(row.count() == 5 && !topic, 7);
    sysdb(row.count() == 5 && topic, 4);
    sysdb(row.count() == 4 && !topic, 5);
  }

  private void takeMigration(SqliteRecord row) {
    if (row.values().size() > 1
        && row.values().get(1) instanceof SqliteValue.Whole(long version)
        && version > 0) {
      int capped = (int) Math.min(version, Integer.MAX_VALUE);
      switch (ChromaTable.text(row, 0)) {
        case "sysdb" -> sysdb(true, Math.min(capped, SchemaLevel.NEWEST.sysdb()));
        case "metadb" -> metadb(true, Math.min(capped, SchemaLevel.NEWEST.metadb()));
        case "embeddings_queue" -> queue(true, Math.min(capped, SchemaLevel.NEWEST.queue()));
        default -> {}
      }
    }
  }

  private void sysdb(boolean proven, int version) {
    sysdb = proven ? Math.max(sysdb, version) : sysdb;
  }

  private void metadb(boolean proven, int version) {
    metadb = proven ? Math.max(metadb, version) : metadb;
  }

  private void queue(boolean proven, int version) {
    queue = proven ? Math.max(queue, version) : queue;
  }

  /// {@return the level}
  SchemaLevel level() {
    return LEVELS.stream()
        .filter(
            level -> level.sysdb() >= sysdb && level.metadb() >= metadb && level.queue() >= queue)
        .findFirst()
        .orElse(SchemaLevel.NEWEST);
  }

  /// {@return whether the migrations that were found are fewer than those of the level}
  boolean isRaised() {
    SchemaLevel level = level();
    return sysdb < level.sysdb() || metadb < level.metadb() || queue < level.queue();
  }
}
