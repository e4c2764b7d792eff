package palace.common.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.MetadataValue;
import palace.common.chroma.QueueMetadata;

/// The table `embeddings_queue`: every write since Chroma last purged it, over all collections.
///
/// | column | content |
/// |---|---|
/// | seq_id | INTEGER PRIMARY KEY, global, assigned as max + 1 |
/// | operation | 0 ADD, 1 UPDATE, 2 UPSERT, 3 DELETE |
/// | topic | `persistent://default/default/` + collection id |
/// | id | the user's id |
/// | vector | float32 little-endian, 4 bytes per component; NULL for DELETE and for updates of metadata alone |
/// | encoding | `FLOAT32` with a vector |
/// | metadata | JSON object, or NULL |
public final class Queue {
  private final ChromaDatabase database;
  private final Map<String, List<QueueEntry>> byTopic;
  private final long highest;
  private final RemainsOnDemand remains;

  private Queue(
      ChromaDatabase database,
      Map<String, List<QueueEntry>> byTopic,
      long highest,
      RemainsOnDemand remains) {
    this.database = database;
    this.byTopic = byTopic;
    this.highest = highest;
    this.remains = remains;
  }

  /// Reads everything but vectors and metadata, in one pass: the table has no index on its topic.
  ///
  /// @param remains what was purged; the caller closes it
  static Queue read(ChromaDatabase database, RemainsOnDemand remains) throws IOException {
    var byTopic = new HashMap<String, List<QueueEntry>>();
    long[] highest = {0};
    database.each(
        "SELECT seq_id, CASE typeof(operation) WHEN 'integer' THEN operation ELSE -1 END, topic, id,"
            + " length(CASE typeof(vector) WHEN 'text' THEN CAST(vector AS BLOB) ELSE vector END), encoding FROM embeddings_queue ORDER BY seq_id",
        row -> {
          int vectorBytes = row.isNull(5) ? -1 : (int) Math.min(row.integer(5), Integer.MAX_VALUE);
          var entry =
              new QueueEntry(
                  row.integer(1),
                  row.integer(2),
                  row.text(4),
                  vectorBytes,
                  QueueEntry.Encoding.of(row.text(6)));
          byTopic.computeIfAbsent(row.text(3), topic -> new ArrayList<>()).add(entry);
          highest[0] = entry.sequence();
        });
    return new Queue(database, byTopic, highest[0], remains);
  }

  /// {@return the same rows, whose vectors and metadata come through another connection}
  Queue over(ChromaDatabase reader) {
    return new Queue(reader, byTopic, highest, remains);
  }

  /// {@return the rows of a topic by rising sequence number}
  public List<QueueEntry> of(String topic) {
    return byTopic.getOrDefault(topic, List.of());
  }

  /// {@return every topic that has a row}
  public Set<String> topics() {
    return byTopic.keySet();
  }

  /// {@return the highest sequence number in the table, 0 when it is empty}
  public long highest() {
    return highest;
  }

  /// {@return the vector of a row that [QueueEntry#hasVector]}
  public float[] vector(long sequence) throws IOException {
    byte[] bytes =
        database
            .first(
                "SELECT CAST(vector AS BLOB) FROM embeddings_queue WHERE seq_id=?",
                row -> row.blob(1),
                sequence)
            .orElse(new byte[0]);
    float[] vector = new float[bytes.length / Float.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(vector);
    return vector;
  }

  /// {@return the vector of a write that was purged, when its bytes still stand in free pages and
  /// it gave the document that the drawer has}
  Optional<float[]> purged(String topic, String id, long sequence, long rowId, int dimension)
      throws IOException {
    Optional<QueueRemains> found = remains.get();
    return found.isEmpty()
        ? Optional.empty()
        : found.get().vector(topic, id, sequence, dimension, documentOf(rowId));
  }

  private Optional<String> documentOf(long rowId) throws IOException {
    return database.first(
        "SELECT string_value FROM embedding_metadata WHERE id=? AND key=? AND string_value NOTNULL",
        row -> row.text(1),
        rowId,
        MetadataValue.DOCUMENT_KEY);
  }

  /// {@return what a row changes in its record's metadata}
  public QueueMetadata metadata(long sequence) throws IOException {
    Optional<String> text =
        database.first(
            "SELECT metadata FROM embeddings_queue WHERE seq_id=? AND metadata IS NOT NULL",
            row -> row.text(1),
            sequence);
    return QueueMetadata.parse(text);
  }
}
