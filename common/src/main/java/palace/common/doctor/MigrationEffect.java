package palace.common.doctor;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import palace.common.chroma.ChromaDatabase;

/// What in the tables shows that a migration was applied, whatever `migrations` says.
///
/// @param dir migration directory
/// @param version its number
/// @param shows what it made
/// @param table the table that it made, empty when it made something else
/// @param proof SQL that gives a number above 0 when the effect is there
record MigrationEffect(
    String dir, int version, String shows, Optional<String> table, String proof) {
  private static final List<MigrationEffect> ALL =
      List.of(
          table("sysdb", 1, "collections"),
          table("sysdb", 2, "segments"),
          column("sysdb", 3, "collections", "dimension"),
          table("sysdb", 4, "tenants"),
          noColumn("sysdb", 5, "collections", "topic"),
          column("sysdb", 6, "collection_metadata", "bool_value"),
          column("sysdb", 7, "collections", "config_json_str"),
          table("sysdb", 8, "maintenance_log"),
          effect(
              "sysdb",
              9,
              "segments.collection NOT NULL",
              "SELECT \"notnull\" FROM pragma_table_info('segments') WHERE name='collection'"),
          column("sysdb", 10, "collections", "schema_str"),
          table("metadb", 1, "embedding_metadata"),
          column("metadb", 2, "embedding_metadata", "bool_value"),
          table("metadb", 3, "embedding_fulltext_search"),
          effect(
              "metadb",
              4,
              "index embedding_metadata_int_value",
              "SELECT count(*) FROM sqlite_master WHERE name='embedding_metadata_int_value'"),
          effect(
              "metadb",
              5,
              "max_seq_id.seq_id INTEGER",
              "SELECT count(*) FROM pragma_table_info('max_seq_id') WHERE name='seq_id' AND"
                  + " type='INTEGER'"),
          table("metadb", 6, "embedding_metadata_array"),
          table("embeddings_queue", 1, "embeddings_queue"),
          table("embeddings_queue", 2, "embeddings_queue_config"));

  static List<MigrationEffect> all() {
    return ALL;
  }

  private static MigrationEffect table(String dir, int version, String name) {
    String proof = "SELECT count(*) FROM sqlite_master WHERE type='table' AND name='%s'";
    return new MigrationEffect(
        dir, version, "table " + name, Optional.of(name), proof.formatted(name));
  }

  private static MigrationEffect column(String dir, int version, String table, String name) {
    String proof = "SELECT count(*) FROM pragma_table_info('%s') WHERE name='%s'";
    return effect(dir, version, "column " + table + "." + name, proof.formatted(table, name));
  }

  private static MigrationEffect noColumn(String dir, int version, String table, String name) {
    String proof = "SELECT count(*) > 0 AND sum(name='%s') = 0 FROM pragma_table_info('%s')";
    return effect(dir, version, table + " without " + name, proof.formatted(name, table));
  }

  private static MigrationEffect effect(String dir, int version, String shows, String proof) {
    return new MigrationEffect(dir, version, shows, Optional.empty(), proof);
  }

  boolean isThere(ChromaDatabase database) throws IOException {
    return database.number(proof) > 0;
  }
}
