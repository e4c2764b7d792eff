package palace.common.chroma;

import java.util.List;

/// How far the three migration directories of a database have been applied. A level is the mark of
/// the *highest* Chroma that ever opened the database, not of the one that made it.
///
/// Versions and what each brought are those of Chroma's migration files, 0.4.0 to 1.5.9.
///
/// @param sysdb highest version in `sysdb`
/// @param metadb highest version in `metadb`
/// @param queue highest version in `embeddings_queue`
public record SchemaLevel(int sysdb, int metadb, int queue) {
  /// The newest level that is known, that of Chroma 1.5.0 to 1.5.9.
  public static final SchemaLevel NEWEST = new SchemaLevel(10, 6, 2);

  private record Known(SchemaLevel level, String releases) {}

  private static final List<Known> KNOWN =
      List.of(
          new Known(new SchemaLevel(3, 1, 1), "0.4.0-0.4.3"),
          new Known(new SchemaLevel(3, 2, 1), "0.4.4-0.4.5"),
          new Known(new SchemaLevel(3, 3, 1), "0.4.6-0.4.14"),
          new Known(new SchemaLevel(4, 3, 1), "0.4.15-0.4.24"),
          new Known(new SchemaLevel(5, 3, 1), "0.5.0"),
          new Known(new SchemaLevel(6, 3, 1), "0.5.1-0.5.3"),
          new Known(new SchemaLevel(7, 3, 1), "0.5.4-0.5.5"),
          new Known(new SchemaLevel(9, 4, 2), "0.5.6-0.6.3"),
          new Known(new SchemaLevel(9, 5, 2), "1.0.0-1.2.x"),
          new Known(new SchemaLevel(10, 5, 2), "1.3.0-1.4.x"),
          new Known(NEWEST, "1.5.0-1.5.9"));

  /// {@return the Chroma releases that leave a database at this level, or "between releases"}
  public String releases() {
    return KNOWN.stream()
        .filter(known -> known.level.equals(this))
        .map(Known::releases)
        .findFirst()
        .orElse("between releases");
  }

  /// {@return whether any directory went further than any Chroma that is known}
  public boolean isNewerThanKnown() {
    return sysdb > NEWEST.sysdb || metadb > NEWEST.metadb || queue > NEWEST.queue;
  }

  /// {@return whether `max_seq_id` holds INTEGERs instead of 8-byte big-endian BLOBs (1.0)}
  public boolean hasIntegerSequences() {
    return metadb >= 5;
  }

  /// {@return whether list metadata has a table of its own (1.5)}
  public boolean hasArrays() {
    return metadb >= 6;
  }

  /// {@return whether `embedding_metadata` has a column for booleans (0.4.4)}
  public boolean hasMetadataBooleans() {
    return metadb >= 2;
  }

  /// {@return whether the full-text table is the trigram one whose rowid is `embeddings.id`
  /// (0.4.6)}
  public boolean hasTrigramFullText() {
    return metadb >= 3;
  }

  /// {@return whether collections belong to databases and tenants (0.4.15)}
  public boolean hasDatabases() {
    return sysdb >= 4;
  }

  /// {@return whether collections and segments still name a topic (up to 0.4.24)}
  public boolean hasTopicColumn() {
    return sysdb < 5;
  }

  /// {@return whether a collection's metadata can hold booleans (0.5.1)}
  public boolean hasCollectionBooleans() {
    return sysdb >= 6;
  }

  /// {@return whether collections carry `config_json_str` (0.5.4)}
  public boolean hasConfiguration() {
    return sysdb >= 7;
  }

  /// {@return whether collections carry `schema_str` (1.3)}
  public boolean hasSchema() {
    return sysdb >= 10;
  }

  /// {@return whether the queue has a configuration row (0.5.6)}
  public boolean hasQueueConfiguration() {
    return queue >= 2;
  }

  @Override
  public String toString() {
    return sysdb + "/" + metadb + "/" + queue;
  }
}
