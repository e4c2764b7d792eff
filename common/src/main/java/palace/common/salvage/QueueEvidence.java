package palace.common.salvage;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.MetadataValue;
import palace.common.chroma.QueueMetadata;
import palace.common.chroma.SchemaLevel;
import palace.common.chroma.SequenceNumber;

/// Fills in metadata that is missing from the queue row that touched a drawer last: the one whose
/// number the drawer bears. What that row sets is what the drawer has, unless it was an update that
/// left the rest alone; so only what the row itself names is taken, and only where nothing stands.
final class QueueEvidence {
  private static final int BATCH = 200;

  private final ChromaDatabase database;
  private final SchemaLevel level;
  private final boolean keysAreWhole;
  private long added;

  /// @param keysAreWhole whether every key that is missing is in the table `lost_key`
  QueueEvidence(ChromaDatabase database, SchemaLevel level, boolean keysAreWhole) {
    this.database = database;
    this.level = level;
    this.keysAreWhole = keysAreWhole;
  }

  private record Write(long id, long seq, Object drawerSeq, Optional<String> metadata) {}

  /// {@return how many values were added}
  long run() throws IOException {
    QueuePositions.prepare(database);
    long last = Long.MIN_VALUE;
    List<Write> writes;
    do {
      writes =
          database.list(
              "SELECT e.id, q.seq_id, e.seq_id, q.metadata FROM embeddings e"
                  + " JOIN segments s ON s.id = e.segment_id"
                  + " JOIN newest n ON n.id = e.embedding_id AND n.collection = s.collection"
                  + " JOIN embeddings_queue q ON q.seq_id = n.seq"
                  + " WHERE e.id > ? ORDER BY e.id LIMIT "
                  + BATCH,
              row ->
                  new Write(
                      row.integer(1),
                      row.integer(2),
                      row.value(3),
                      row.isNull(4) ? Optional.empty() : Optional.of(row.text(4))),
              last);
      for (Write write : writes) {
        apply(write);
      }
      last = writes.isEmpty() ? last : writes.getLast().id();
    } while (writes.size() == BATCH);
    return added;
  }

  private void apply(Write write) throws IOException {
    boolean touchedLast = SequenceNumber.of(write.drawerSeq()).position().orElse(-1) == write.seq();
    if (touchedLast
        && QueueMetadata.parse(write.metadata()) instanceof QueueMetadata.Changes changes) {
      for (Map.Entry<String, Optional<MetadataValue>> change : changes.changes().entrySet()) {
        if (change.getValue().isPresent() && isMissing(write.id(), change.getKey())) {
          insert(write.id(), change.getKey(), change.getValue().get());
        }
      }
    }
  }

  private boolean isMissing(long id, String key) throws IOException {
    boolean there =
        database.number(
                "SELECT EXISTS (SELECT 1 FROM embedding_metadata WHERE id = ? AND key = ?)",
                id,
                key)
            > 0;
    boolean listed =
        level.hasArrays()
            && database.number(
                    "SELECT EXISTS (SELECT 1 FROM embedding_metadata_array WHERE id = ? AND key = ?)",
                    id,
                    key)
                > 0;
    return !there && !listed;
  }

  private void insert(long id, String key, MetadataValue value) throws IOException {
    if (value instanceof MetadataValue.Listing(List<MetadataValue> elements)) {
      if (level.hasArrays()) {
        for (MetadataValue element : elements) {
          insert("embedding_metadata_array", null, id, key, element);
        }
      }
      return;
    }
    Optional<Long> row =
        database.first(
            "SELECT row FROM lost_key WHERE id = ? AND key = ?",
            found -> found.integer(1),
            id,
            key);
    if (row.isPresent() || !keysAreWhole) {
      insert("embedding_metadata", row.orElse(null), id, key, value);
    }
  }

  private void insert(String table, @Nullable Long rowid, long id, String key, MetadataValue value)
      throws IOException {
    boolean flag = value instanceof MetadataValue.Flag && level.hasMetadataBooleans();
    String column =
        switch (value) {
          case MetadataValue.Text text -> "string_value";
          case MetadataValue.Whole number -> "int_value";
          case MetadataValue.Real number -> "float_value";
          case MetadataValue.Flag bool -> flag ? "bool_value" : "int_value";
          case MetadataValue.Listing list ->
              throw new IllegalArgumentException("a list inside a list");
        };
    added +=
        database.execute(
            "INSERT OR IGNORE INTO %s(rowid, id, key, %s) VALUES (?,?,?,?)"
                .formatted(table, column),
            rowid,
            id,
            key,
            plain(value));
  }

  private static Object plain(MetadataValue value) {
    return switch (value) {
      case MetadataValue.Text(String text) -> text;
      case MetadataValue.Whole(long number) -> number;
      case MetadataValue.Real(double number) -> number;
      case MetadataValue.Flag(boolean flag) -> flag ? 1 : 0;
      case MetadataValue.Listing list -> throw new IllegalArgumentException("a list inside a list");
    };
  }
}
