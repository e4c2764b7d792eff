package palace.common.salvage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.QueueRow;
import palace.common.chroma.SchemaLevel;
import palace.common.chroma.SequenceNumber;

/// Puts the rows together again without which no drawer belongs to anything: tenants, databases,
/// collections, segments, how far they have read the queue. Only what is proven is written; where
/// several answers fit, none is given.
final class CatalogueEvidence {
  private static final String TENANT = "default_tenant";
  private static final String DATABASE = "default_database";
  private static final String DATABASE_ID = "00000000-0000-0000-0000-000000000000";
  private static final String RECOVERED = "recovered-";
  private static final String METADATA_TYPE = "urn:chroma:segment/metadata/sqlite";
  private static final String VECTOR_TYPE = "urn:chroma:segment/vector/hnsw-local-persisted";

  private final Survey survey;
  private final ChromaDatabase database;
  private final SchemaLevel level;
  private final Map<ChromaTable, TableLoad> loads;
  private final Set<String> segmentDirectories;
  private final List<String> notes;

  CatalogueEvidence(
      Survey survey,
      ChromaDatabase database,
      SchemaLevel level,
      Map<ChromaTable, TableLoad> loads,
      Set<String> segmentDirectories,
      List<String> notes) {
    this.survey = survey;
    this.database = database;
    this.level = level;
    this.loads = loads;
    this.segmentDirectories = segmentDirectories;
    this.notes = notes;
  }

  /// Adds what is missing.
  void run() throws IOException {
    if (misses(ChromaTable.COLLECTIONS)) {
      addCollections();
    }
    if (misses(ChromaTable.SEGMENTS)) {
      addMetadataSegments();
      addVectorSegments();
    }
    addTenancy();
    addQueueConfiguration();
    if (misses(ChromaTable.MAX_SEQ_ID)) {
      addPositions();
    }
  }

  private boolean misses(ChromaTable table) {
    TableLoad load = loads.get(table);
    return load != null && (!load.holes().isEmpty() || load.lostPart() > 0);
  }

  private void addCollections() throws IOException {
    Set<String> known = new TreeSet<>(ids("SELECT id FROM collections"));
    Map<String, IndexedName> names = namesOfIndexes();
    for (String id : mentioned()) {
      if (!known.contains(id)) {
        addCollection(id, Optional.ofNullable(names.get(id)));
      }
    }
  }

  private Set<String> mentioned() throws IOException {
    int prefix = CollectionRow.topicOf("").length();
    Set<String> mentioned = new TreeSet<>();
    mentioned.addAll(ids("SELECT collection FROM segments WHERE collection IS NOT NULL"));
    mentioned.addAll(ids("SELECT collection_id FROM collection_metadata"));
    mentioned.addAll(
        ids("SELECT DISTINCT substr(topic, " + (prefix + 1) + ") FROM embeddings_queue"));
    mentioned.removeIf(id -> !ChromaTable.isUuid(id));
    return mentioned;
  }

  private List<String> ids(String sql) throws IOException {
    return database.list(sql, row -> row.text(1));
  }

  /// What an index says of a collection.
  ///
  /// @param database the id of its database, [#DATABASE_ID] where the release knew no other
  private record IndexedName(String name, String database) {}

  /// {@return names by collection: one index has id and row, another name, database and row}
  private Map<String, IndexedName> namesOfIndexes() throws IOException {
    Map<Long, String> byRow = new HashMap<>();
    for (String index :
        List.of("sqlite_autoindex_collections_1", "sqlite_autoindex_collections_2")) {
      new IndexEntries(survey, index, "ti")
          .eachOfTree((entry, row) -> keepId(byRow, row, ChromaTable.text(entry, 0)));
    }
    Map<String, IndexedName> names = new HashMap<>();
    new IndexEntries(survey, "sqlite_autoindex_collections_2", "tti")
        .eachOfTree((entry, row) -> {
          String id = byRow.get(row);
          String inside = ChromaTable.text(entry, 1);
          if (id != null) {
            names.put(
                id,
                new IndexedName(
                    ChromaTable.text(entry, 0),
                    level.hasDatabases() && ChromaTable.isUuid(inside) ? inside : DATABASE_ID));
          }
        });
    return names;
  }

  private static void keepId(Map<Long, String> byRow, long row, String text) {
    if (ChromaTable.isUuid(text)) {
      byRow.put(row, text);
    }
  }

  private void addCollection(String id, Optional<IndexedName> indexed) throws IOException {
    IndexedName named = indexed.orElse(new IndexedName(RECOVERED + id, DATABASE_ID));
    String given = freeName(named);
    String topic = CollectionRow.topicOf(id);
    long dimension =
        database.number(
            "SELECT length(vector) / 4 FROM embeddings_queue WHERE topic = ? AND vector IS NOT NULL"
                + " ORDER BY seq_id DESC LIMIT 1",
            topic);
    var columns = new TreeMap<String, Object>();
    columns.put("id", id);
    columns.put("name", given);
    if (dimension > 0) {
      columns.put("dimension", dimension);
    }
    if (level.hasTopicColumn()) {
      columns.put("topic", topic);
    }
    if (level.hasDatabases()) {
      columns.put("database_id", named.database());
    }
    insert("collections", columns);
    notes.add(
        indexed.isPresent()
            ? "the row of collection %s was lost; name and id come from an index, its configuration is gone"
                .formatted(given)
            : "the row of a collection was lost with its name; it is now called " + given);
  }

  private String freeName(IndexedName named) throws IOException {
    String sql = "SELECT count(*) FROM collections WHERE name = ?";
    boolean taken =
        level.hasDatabases()
            ? database.number(sql + " AND database_id = ?", named.name(), named.database()) > 0
            : database.number(sql, named.name()) > 0;
    return taken ? named.name() + "-" + RECOVERED.replace("-", "") : named.name();
  }

  private void insert(String table, Map<String, Object> columns) throws IOException {
    database.execute(
        "INSERT OR IGNORE INTO %s(%s) VALUES (%s)"
            .formatted(
                table,
                String.join(", ", columns.keySet()),
                String.join(", ", columns.values().stream().map(value -> "?").toList())),
        columns.values().toArray());
  }

  private void addMetadataSegments() throws IOException {
    List<String> orphans =
        ids(
            "SELECT DISTINCT segment_id FROM embeddings WHERE segment_id NOT IN (SELECT id FROM segments)");
    for (String segment : orphans) {
      List<String> owners = ownersByQueue(segment);
      List<String> lacking = lacking("METADATA");
      if (owners.size() == 1) {
        addSegment(segment, METADATA_TYPE, "METADATA", owners.getFirst());
      } else if (owners.isEmpty() && orphans.size() == 1 && lacking.size() == 1) {
        addSegment(segment, METADATA_TYPE, "METADATA", lacking.getFirst());
      } else {
        notes.add(
            "the drawers of segment %s belong to a collection that cannot be told any more"
                .formatted(segment));
      }
    }
  }

  /// {@return the collections in whose queue rows ids of a segment's drawers occur and that have no
  /// METADATA segment}
  private List<String> ownersByQueue(String segment) throws IOException {
    QueuePositions.prepare(database);
    return ids(
        "SELECT DISTINCT n.collection FROM embeddings e JOIN newest n ON n.id = e.embedding_id"
            + " JOIN collections c ON c.id = n.collection"
            + " WHERE e.segment_id = ? AND (e.seq_id = n.seq OR typeof(e.seq_id) = 'blob')"
            + " AND NOT EXISTS (SELECT 1 FROM segments s"
            + " WHERE s.collection = c.id AND s.scope = 'METADATA')",
        segment);
  }

  private List<String> ids(String sql, String argument) throws IOException {
    return database.list(sql, row -> row.text(1), argument);
  }

  private List<String> lacking(String scope) throws IOException {
    return ids(
        "SELECT id FROM collections c WHERE NOT EXISTS (SELECT 1 FROM segments s"
            + " WHERE s.collection = c.id AND s.scope = ?) ORDER BY id",
        scope);
  }

  private void addVectorSegments() throws IOException {
    Set<String> candidates = new TreeSet<>();
    segmentDirectories.stream().filter(ChromaTable::isUuid).forEach(candidates::add);
    candidates.addAll(ids("SELECT segment_id FROM max_seq_id"));
    candidates.removeAll(ids("SELECT id FROM segments"));
    candidates.removeAll(ids("SELECT segment_id FROM embeddings"));
    List<String> lacking = lacking("VECTOR");
    if (lacking.size() == 1 && candidates.size() == 1) {
      addSegment(candidates.iterator().next(), VECTOR_TYPE, "VECTOR", lacking.getFirst());
    } else {
      for (String collection : lacking) {
        notes.add("the vector segment of collection %s is lost".formatted(collection));
      }
    }
  }

  private void addSegment(String id, String type, String scope, String collection)
      throws IOException {
    var columns = new TreeMap<String, Object>();
    columns.put("id", id);
    columns.put("type", type);
    columns.put("scope", scope);
    columns.put("collection", collection);
    if (level.hasTopicColumn()) {
      columns.put("topic", CollectionRow.topicOf(collection));
    }
    insert("segments", columns);
    notes.add(
        "the row of the %s segment of collection %s was lost and is written anew"
            .formatted(scope, collection));
  }

  /// Chroma's clients do not start without their own tenant and database; a database whose row is
  /// lost gets a name that says so.
  private void addTenancy() throws IOException {
    if (!level.hasDatabases()) {
      return;
    }
    database.execute("INSERT OR IGNORE INTO tenants(id) VALUES (?)", TENANT);
    database.execute("INSERT OR IGNORE INTO tenants(id) SELECT tenant_id FROM databases");
    database.execute(
        "INSERT OR IGNORE INTO databases(id, name, tenant_id) SELECT ?, ?, ? WHERE NOT EXISTS"
            + " (SELECT 1 FROM databases WHERE name = ?2 AND tenant_id = ?3)",
        DATABASE_ID,
        DATABASE,
        TENANT);
    int added =
        database.execute(
            "INSERT OR IGNORE INTO databases(id, name, tenant_id)"
                + " SELECT DISTINCT database_id, ? || database_id, ? FROM collections"
                + " WHERE database_id NOT IN (SELECT id FROM databases)",
            RECOVERED,
            TENANT);
    if (added > 0) {
      notes.add(
          "%d databases have lost their names and tenants; they are now called %s and their id"
              .formatted(added, RECOVERED));
    }
    if (level.hasIntegerSequences()
        && database.number("SELECT count(*) FROM acquire_write WHERE id = 1") == 0) {
      database.execute("INSERT INTO acquire_write(id, lock_status) VALUES (1, TRUE)");
    }
  }

  private void addQueueConfiguration() throws IOException {
    if (level.hasQueueConfiguration() && misses(ChromaTable.QUEUE_CONFIGURATION)) {
      database.execute(
          "INSERT OR IGNORE INTO embeddings_queue_config(id, config_json_str) VALUES (1, ?)",
          QueueRow.CONFIGURATION);
    }
  }

  /// A METADATA segment has read the queue at least up to the newest row that shows in a drawer of
  /// its; further on, rows that are applied once more change nothing. How far an index has come is
  /// not in the database.
  private void addPositions() throws IOException {
    List<String> segments =
        ids(
            "SELECT id FROM segments WHERE scope = 'METADATA' AND id NOT IN (SELECT segment_id FROM max_seq_id)");
    for (String segment : segments) {
      OptionalLong newest = newest(segment);
      if (newest.isPresent() && newest.getAsLong() > 0) {
        database.execute(
            "INSERT OR IGNORE INTO max_seq_id(segment_id, seq_id) VALUES (?,?)",
            segment,
            SequenceNumber.encode(newest.getAsLong(), level));
        notes.add(
            "how far segment %s has read the queue was lost; it is now the newest row that shows in a drawer, %d"
                .formatted(segment, newest.getAsLong()));
      }
    }
  }

  private OptionalLong newest(String segment) throws IOException {
    var numbers = new ArrayList<Long>();
    for (String type : List.of("integer", "blob")) {
      database
          .first(
              "SELECT max(seq_id) FROM embeddings WHERE segment_id = ? AND typeof(seq_id) = ?",
              row -> SequenceNumber.of(row.value(1)).position(),
              segment,
              type)
          .ifPresent(found -> found.ifPresent(numbers::add));
    }
    return numbers.stream().mapToLong(Long::longValue).max();
  }
}
