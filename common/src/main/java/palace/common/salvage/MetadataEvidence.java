package palace.common.salvage;

import java.io.IOException;
import java.util.List;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.MetadataValue;
import palace.common.chroma.SchemaLevel;
import palace.common.sqlite.SqliteRecord;
import palace.common.sqlite.SqliteValue;

/// Puts the rows of lost pages of `embedding_metadata` together again. The index of its key says
/// which drawer had which key in which row; the indexes over values say what stood in that row; the
/// full-text table has the documents, and the queue what was written last.
///
/// A value from an index counts only together with the key's own entry for the same row, because
/// alone it says nothing of whose it is. Whether a number is whole or a float is not to be seen in
/// an entry of an index without a root: then the same key in other drawers decides, and else
/// nothing.
final class MetadataEvidence {
  /// Over drawer and key.
  static final String KEYS = "sqlite_autoindex_embedding_metadata_1";

  private static final String VALUES = "embedding_metadata_";

  private final Survey survey;
  private final ChromaDatabase database;
  private final SchemaLevel level;
  private final TableLoad load;
  private long fromIndexes;
  private long documents;
  private long fromQueue;

  MetadataEvidence(Survey survey, ChromaDatabase database, SchemaLevel level, TableLoad load) {
    this.survey = survey;
    this.database = database;
    this.level = level;
    this.load = load;
  }

  /// {@return whether any row or value is missing}
  boolean isNeeded() {
    return !load.holes().isEmpty() || !load.torn().isEmpty();
  }

  /// Adds the rows that are missing and whose parts are left.
  void run() throws IOException {
    if (!isNeeded()) {
      return;
    }
    database.execute("CREATE TEMP TABLE lost_key (row INTEGER PRIMARY KEY, id INTEGER, key TEXT)");
    database.execute(
        "CREATE TEMP TABLE lost_value (row INTEGER, key TEXT, string_value, int_value, float_value)");
    collectKeys();
    collectValues();
    fromIndexes = joinThem();
    documents = takeDocuments();
    fromQueue = takeFromQueue();
  }

  private void collectKeys() throws IOException {
    var keys =
        new Arguments(
            database,
            "INSERT OR IGNORE INTO lost_key SELECT ?1, ?2, CAST(?3 AS TEXT) WHERE NOT EXISTS"
                + " (SELECT 1 FROM embedding_metadata WHERE rowid = ?1)");
    for (SqliteRecord torn : load.torn()) {
      keys.add(
          torn.rowid(), Arguments.of(torn.values().get(0)), Arguments.of(torn.values().get(1)));
    }
    IndexEntries.Consumer consumer =
        (entry, rowid) -> {
          if (load.holes().contain(rowid)) {
            keys.add(
                rowid, Arguments.of(entry.values().get(0)), Arguments.of(entry.values().get(1)));
          }
        };
    var entries = new IndexEntries(survey, KEYS, "iti");
    entries.eachOfTree(consumer);
    if (!entries.isWhole() && areStraysScalars()) {
      entries.eachStray(consumer);
    }
    keys.flush();
    database.execute("CREATE INDEX temp.lost_key_id ON lost_key (id, key)");
  }

  /// The indexes over lists look the same as those over scalars.
  private boolean areStraysScalars() {
    return !level.hasArrays();
  }

  private void collectValues() throws IOException {
    collectValues("string_value", "tti");
    collectValues("int_value", "tii");
    collectValues("float_value", "tri");
    database.execute("CREATE INDEX temp.lost_value_row ON lost_value (row, key)");
  }

  private void collectValues(String column, String shape) throws IOException {
    String cast = column.equals("string_value") ? "CAST(?3 AS TEXT)" : "?3";
    var values =
        new Arguments(
            database,
            "INSERT INTO lost_value(row, key, %s) SELECT ?1, CAST(?2 AS TEXT), %s WHERE EXISTS"
                    .formatted(column, cast)
                + " (SELECT 1 FROM lost_key WHERE row = ?1 AND key = CAST(?2 AS TEXT))");
    var entries = new IndexEntries(survey, VALUES + column, shape);
    entries.eachOfTree((entry, rowid) -> values.add(arguments(entry, rowid)));
    values.flush();
    if (!entries.isWhole() && areStraysScalars()) {
      entries.eachStray((entry, rowid) -> {
        if (isOfColumn(column, entry)) {
          values.add(arguments(entry, rowid));
        }
      });
      values.flush();
    }
  }

  private static Object[] arguments(SqliteRecord entry, long rowid) {
    return new Object[] {rowid, require(entry.values().get(0)), require(entry.values().get(1))};
  }

  private static Object require(SqliteValue value) {
    Object argument = Arguments.of(value);
    return argument == null ? "" : argument;
  }

  /// A float without a fraction looks like an integer in an index.
  private boolean isOfColumn(String column, SqliteRecord entry) throws IOException {
    if (column.equals("string_value") || entry.values().get(1) instanceof SqliteValue.Real) {
      return true;
    }
    String other = column.equals("int_value") ? "float_value" : "int_value";
    String key = ChromaTable.text(entry, 0);
    return isUsed(column, key) && !isUsed(other, key);
  }

  private boolean isUsed(String column, String key) throws IOException {
    return database.number(
            "SELECT EXISTS (SELECT 1 FROM embedding_metadata WHERE key = ? AND %s IS NOT NULL)"
                .formatted(column),
            key)
        > 0;
  }

  private long joinThem() throws IOException {
    return database.execute(
        "INSERT OR IGNORE INTO embedding_metadata(rowid, id, key, string_value, int_value, float_value)"
            + " SELECT k.row, k.id, k.key, max(v.string_value), max(v.int_value), max(v.float_value)"
            + " FROM lost_key k JOIN lost_value v ON v.row = k.row AND v.key = k.key"
            + " GROUP BY k.row"
            + " HAVING count(DISTINCT typeof(v.string_value) || quote(v.string_value)"
            + " || quote(v.int_value) || quote(v.float_value)) = 1");
  }

  /// The full-text table has a drawer's document under the drawer's own row. It did not in palaces
  /// that went from 0.4.5 or before to a later release; so it is believed only if it agrees with
  /// the documents that are left.
  private long takeDocuments() throws IOException {
    database.execute("CREATE TEMP TABLE lost_text (id INTEGER PRIMARY KEY, text TEXT)");
    var texts =
        new Arguments(
            database,
            "INSERT OR IGNORE INTO lost_text SELECT ?1, CAST(?2 AS TEXT) WHERE ?2 NOTNULL");
    if (!level.hasTrigramFullText()) {
      return 0;
    }
    var rows = new TableRows(survey, ChromaTable.FULL_TEXT);
    rows.each(row -> texts.add(row.rowid(), Arguments.of(row.values().get(1))));
    texts.flush();
    long agreeing = database.number(compared("="));
    long different = database.number(compared("<>"));
    if (different * 10 > agreeing) {
      return 0;
    }
    return database.execute(
        "INSERT OR IGNORE INTO embedding_metadata(rowid, id, key, string_value)"
            + " SELECT k.row, t.id, ?1, t.text FROM lost_text t"
            + (keysAreWhole() ? " JOIN " : " LEFT JOIN ")
            + "lost_key k ON k.id = t.id AND k.key = ?1"
            + " WHERE EXISTS (SELECT 1 FROM embeddings e WHERE e.id = t.id)"
            + " AND NOT EXISTS (SELECT 1 FROM embedding_metadata m WHERE m.id = t.id AND m.key = ?1)",
        MetadataValue.DOCUMENT_KEY);
  }

  private static String compared(String how) {
    return "SELECT count(*) FROM lost_text t JOIN embedding_metadata m ON m.id = t.id AND m.key = '"
        + MetadataValue.DOCUMENT_KEY
        + "' WHERE m.string_value "
        + how
        + " t.text";
  }

  private boolean keysAreWhole() {
    return new IndexEntries(survey, KEYS, "iti").isWhole();
  }

  private long takeFromQueue() throws IOException {
    return new QueueEvidence(database, level, keysAreWhole()).run();
  }

  /// {@return how many rows came from the indexes over values}
  long fromIndexes() {
    return fromIndexes;
  }

  /// {@return how many documents came from the full-text table}
  long documents() {
    return documents;
  }

  /// {@return how many values came from the queue}
  long fromQueue() {
    return fromQueue;
  }

  /// {@return values that are lost although their keys are known}
  List<SalvageReport.LostKey> lostKeys() throws IOException {
    return isNeeded()
        ? database.list(
            "SELECT k.id, k.key FROM lost_key k WHERE NOT EXISTS"
                + " (SELECT 1 FROM embedding_metadata m WHERE m.id = k.id AND m.key = k.key)"
                + " ORDER BY k.row LIMIT ?",
            row -> new SalvageReport.LostKey(row.integer(1), row.text(2)),
            SalvageReport.MOST_KEYS)
        : List.of();
  }

  /// {@return how many values are lost although their keys are known}
  long keysWithoutValue() throws IOException {
    return isNeeded()
        ? database.number(
            "SELECT count(*) FROM lost_key k WHERE NOT EXISTS"
                + " (SELECT 1 FROM embedding_metadata m WHERE m.id = k.id AND m.key = k.key)")
        : 0;
  }
}
