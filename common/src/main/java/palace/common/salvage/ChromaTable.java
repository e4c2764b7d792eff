package palace.common.salvage;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import palace.common.sqlite.SqliteRecord;
import palace.common.sqlite.SqliteValue;

/// The tables of Chroma's that are salvaged, in the order in which they are filled, with the shapes
/// that their rows have had from 0.4.0 to 1.5.9.
enum ChromaTable {
  /// Which migrations have run.
  MIGRATIONS("migrations", "titts"),
  /// Tenants, by their id alone.
  TENANTS("tenants", "t"),
  /// Databases: id, name, tenant.
  DATABASES("databases", "ttt"),
  /// Collections: id, name, until 0.4.24 topic, dimension, database, configuration, schema.
  COLLECTIONS("collections", "ttt", "tttn", "tttnt", "ttnt", "ttnts", "ttntss"),
  /// A collection's metadata.
  COLLECTION_METADATA("collection_metadata", "ttsnr", "ttsnrn"),
  /// Segments: id, type, scope, until 0.4.24 topic, collection.
  SEGMENTS("segments", "tttss", "ttts"),
  /// A segment's metadata.
  SEGMENT_METADATA("segment_metadata", "ttsnr", "ttsnrn"),
  /// Drawers: row, METADATA segment, id, sequence number, when.
  EMBEDDINGS("embeddings", "Nttxt"),
  /// Their metadata and documents.
  EMBEDDING_METADATA("embedding_metadata", "itsnr", "itsnrn"),
  /// Their lists.
  EMBEDDING_METADATA_ARRAY("embedding_metadata_array", "itsnrn"),
  /// How far segments have consumed the queue.
  MAX_SEQ_ID("max_seq_id", "tx", "tn"),
  /// The queue: number, when, operation, topic, id, vector, encoding, metadata.
  QUEUE("embeddings_queue", "Naittvss"),
  /// How the queue is purged.
  QUEUE_CONFIGURATION("embeddings_queue_config", "Ns"),
  /// When Chroma's vacuum ran.
  MAINTENANCE_LOG("maintenance_log", "nat"),
  /// Each start of Chroma 1.x.
  ACQUIRE_WRITE("acquire_write", "Ni"),
  /// The documents as the full-text table keeps them; read as evidence only.
  FULL_TEXT("embedding_fulltext_search_content", "Ns");

  private static final Pattern UUID =
      Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
  private static final Set<String> DIRECTORIES = Set.of("sysdb", "metadb", "embeddings_queue");

  private final String table;
  private final List<Shape> shapes;

  ChromaTable(String table, String... shapes) {
    this.table = table;
    this.shapes = Arrays.stream(shapes).map(Shape::new).toList();
  }

  /// {@return its name in the database}
  String table() {
    return table;
  }

  /// {@return the table of a name, if it is one of these}
  static Optional<ChromaTable> named(String name) {
    return Arrays.stream(values()).filter(table -> table.table.equals(name)).findFirst();
  }

  /// {@return whether a record has a shape of this table's rows}
  boolean fits(SqliteRecord found) {
    return shapes.stream().anyMatch(shape -> shape.fits(found));
  }

  /// {@return whether a record can be told to be this table's by nothing but itself, apart from the
  /// pairs that look the same: the metadata of collections and segments, scalars and lists}
  boolean recognises(SqliteRecord found) {
    if (!fits(found) || found.values().size() < Math.min(2, found.count())) {
      return false;
    }
    return switch (this) {
      case MIGRATIONS -> DIRECTORIES.contains(text(found, 0));
      case TENANTS -> !text(found, 0).isEmpty();
      case DATABASES -> isUuid(found, 0) && !text(found, 2).startsWith("persistent://");
      case COLLECTIONS -> isUuid(found, 0) && isCollection(found);
      case SEGMENTS -> isUuid(found, 0) && text(found, 1).startsWith("urn:chroma:");
      case COLLECTION_METADATA, SEGMENT_METADATA -> isUuid(found, 0) && hasOneValue(found, 2);
      case EMBEDDINGS -> isUuid(found, 1);
      case EMBEDDING_METADATA, EMBEDDING_METADATA_ARRAY -> hasOneValue(found, 2);
      case MAX_SEQ_ID -> isUuid(found, 0);
      case QUEUE -> text(found, 3).startsWith("persistent://");
      case QUEUE_CONFIGURATION -> found.rowid() == 1 && isConfiguration(found);
      case FULL_TEXT -> !isConfiguration(found) || found.rowid() != 1;
      case MAINTENANCE_LOG, ACQUIRE_WRITE -> false;
    };
  }

  private static boolean isCollection(SqliteRecord found) {
    return switch (found.count()) {
      case 3 -> text(found, 2).startsWith("persistent://");
      case 4, 5 ->
          !text(found, 1).startsWith("urn:chroma:")
              && (text(found, 2).isEmpty() || text(found, 2).startsWith("persistent://"));
      default -> true;
    };
  }

  /// Exactly one column of a metadata row is set; one whose text is on lost pages counts.
  private static boolean hasOneValue(SqliteRecord found, int from) {
    long set =
        found.values().stream()
            .skip(from)
            .filter(value -> !(value instanceof SqliteValue.Null))
            .count();
    return found.isWhole() ? set == 1 : set == 0;
  }

  private static boolean isConfiguration(SqliteRecord found) {
    return text(found, 1).contains("\"automatically_purge\"");
  }

  private static boolean isUuid(SqliteRecord found, int column) {
    return isUuid(text(found, column));
  }

  /// {@return whether a text is one of the ids that Chroma gives}
  static boolean isUuid(String text) {
    return UUID.matcher(text).matches();
  }

  /// {@return the text in a column, "" when there is none}
  static String text(SqliteRecord found, int column) {
    return column < found.values().size()
            && found.values().get(column) instanceof SqliteValue.Text text
        ? text.text()
        : "";
  }
}
