package palace.common.chroma;

import java.util.Map;
import java.util.Optional;

/// One row of `collections` with what hangs on it.
///
/// @param id lower-case UUID text in every sound palace; not checked here
/// @param name unique within its database
/// @param dimension components per vector; absent until Chroma saw the first write
/// @param database name of the database it belongs to; `default_database` before 0.4.15
/// @param tenant name of the tenant; `default_tenant` before 0.4.15
/// @param databaseId id of the database row; the all-zero UUID before 0.4.15
/// @param configuration `config_json_str`, absent when NULL or before 0.5.4
/// @param schema `schema_str`, absent when NULL or before 1.3
/// @param metadata the user's collection metadata, `hnsw:` keys included
public record CollectionRow(
    String id,
    String name,
    Optional<Integer> dimension,
    String database,
    String tenant,
    String databaseId,
    Optional<String> configuration,
    Optional<String> schema,
    Map<String, MetadataValue> metadata) {
  /// {@return its name for people and reports: the bare name in the default database, elsewhere
  /// `tenant/database/name`}
  public String label() {
    boolean isDefault = tenant.equals("default_tenant") && database.equals("default_database");
    return isDefault ? name : tenant + "/" + database + "/" + name;
  }

  /// {@return the topic of its rows in the queue; Chroma's persistent client knows only this tenant
  /// and namespace}
  public String topic() {
    return topicOf(id);
  }

  /// {@return the topic of a collection's rows in the queue}
  public static String topicOf(String collectionId) {
    return "persistent://default/default/" + collectionId;
  }
}
