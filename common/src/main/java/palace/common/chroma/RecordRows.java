package palace.common.chroma;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Writes the rows of single records: `embeddings`, their typed metadata, their lists and their
/// full-text row. Belongs inside a transaction of the caller's.
public final class RecordRows {
  private final ChromaDatabase database;
  private final SchemaLevel level;

  /// Writes to a database of a level.
  public RecordRows(ChromaDatabase database, SchemaLevel level) {
    this.database = database;
    this.level = level;
  }

  /// {@return an `embeddings.id` that no row of any table has: rows of deleted records may linger
  /// and would be inherited}
  public long nextRowId() throws IOException {
    long highest = database.number("SELECT max(id) FROM embeddings");
    highest = Math.max(highest, database.number("SELECT max(id) FROM embedding_metadata"));
    if (level.hasArrays()) {
      highest = Math.max(highest, database.number("SELECT max(id) FROM embedding_metadata_array"));
    }
    return highest + 1;
  }

  /// Adds a record.
  ///
  /// @param rowId its `embeddings.id`, free in every table
  /// @param segmentId the metadata segment
  /// @param id the user's id
  /// @param sequence its position in the queue
  /// @param metadata its values, `chroma:document` among them
  public void insert(
      long rowId, String segmentId, String id, long sequence, Map<String, MetadataValue> metadata)
      throws IOException {
    database.execute(
        "INSERT INTO embeddings(id, segment_id, embedding_id, seq_id) VALUES (?,?,?,?)",
        rowId,
        segmentId,
        id,
        SequenceNumber.encode(sequence, level));
    insertMetadata(rowId, metadata);
    insertDocument(rowId, metadata);
  }

  /// Gives a record other metadata, and the position of the write that did it.
  public void replace(long rowId, long sequence, Map<String, MetadataValue> metadata)
      throws IOException {
    deleteMetadata(rowId);
    database.execute(
        "UPDATE embeddings SET seq_id=? WHERE id=?", SequenceNumber.encode(sequence, level), rowId);
    insertMetadata(rowId, metadata);
    insertDocument(rowId, metadata);
  }

  /// Deletes a record with everything that belongs to it.
  public void delete(long rowId) throws IOException {
    deleteMetadata(rowId);
    database.execute("DELETE FROM embeddings WHERE id=?", rowId);
  }

  private void deleteMetadata(long rowId) throws IOException {
    database.execute("DELETE FROM embedding_metadata WHERE id=?", rowId);
    if (level.hasArrays()) {
      database.execute("DELETE FROM embedding_metadata_array WHERE id=?", rowId);
    }
    String key = level.hasTrigramFullText() ? "rowid" : "id";
    database.execute("DELETE FROM " + FullText.tableOf(level) + " WHERE " + key + "=?", rowId);
  }

  private void insertMetadata(long rowId, Map<String, MetadataValue> metadata) throws IOException {
    for (Map.Entry<String, MetadataValue> entry : metadata.entrySet()) {
      if (entry.getValue() instanceof MetadataValue.Listing(List<MetadataValue> values)) {
        insertList(rowId, entry.getKey(), values);
      } else {
        insertValue(
            "embedding_metadata",
            level.hasMetadataBooleans(),
            rowId,
            entry.getKey(),
            entry.getValue());
      }
    }
  }

  private void insertList(long rowId, String key, List<MetadataValue> values) throws IOException {
    if (!level.hasArrays()) {
      throw new IllegalArgumentException("level " + level + " has no list metadata: " + key);
    }
    for (MetadataValue value : values) {
      insertValue("embedding_metadata_array", true, rowId, key, value);
    }
  }

  private void insertValue(
      String table, boolean hasBoolean, long rowId, String key, MetadataValue value)
      throws IOException {
    String column =
        switch (value) {
          case MetadataValue.Text text -> "string_value";
          case MetadataValue.Whole whole -> "int_value";
          case MetadataValue.Real real -> "float_value";
          case MetadataValue.Flag flag -> hasBoolean ? "bool_value" : "int_value";
          case MetadataValue.Listing listing ->
              throw new IllegalArgumentException("a list inside a list: " + key);
        };
    database.execute(
        "INSERT INTO " + table + "(id, key, " + column + ") VALUES (?,?,?)",
        rowId,
        key,
        stored(value));
  }

  /// {@return a value as its column stores it; nothing for a list}
  public static @Nullable Object stored(MetadataValue value) {
    return switch (value) {
      case MetadataValue.Text(String text) -> text;
      case MetadataValue.Whole(long number) -> number;
      case MetadataValue.Real(double number) -> number;
      case MetadataValue.Flag(boolean flag) -> flag ? 1L : 0L;
      case MetadataValue.Listing listing -> null;
    };
  }

  private void insertDocument(long rowId, Map<String, MetadataValue> metadata) throws IOException {
    if (metadata.get(MetadataValue.DOCUMENT_KEY) instanceof MetadataValue.Text(String document)) {
      String key = level.hasTrigramFullText() ? "rowid" : "id";
      database.execute(
          "INSERT INTO " + FullText.tableOf(level) + "(" + key + ", string_value) VALUES (?,?)",
          rowId,
          document);
    }
  }
}
