package palace.common.chroma;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;

/// Writes rows of the queue.
public final class QueueRow {
  /// The `embeddings_queue_config` row that every core from 0.5.6 to 1.5.9 accepts: Rust wants the
  /// first field, Python both.
  public static final String CONFIGURATION =
      "{\"automatically_purge\":true,\"_type\":\"EmbeddingsQueueConfigurationInternal\"}";

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private QueueRow() {}

  /// Adds the row that keeps sequence numbers rising: the record that was written last, as an ADD
  /// that both segments have consumed.
  ///
  /// Chroma numbers a new row one beyond the highest in the table, and skips rows up to what a
  /// segment has consumed: without a row at that position every later write of the collection would
  /// be dropped in silence (seen in 0.6.3 and 1.5.9).
  ///
  /// @param sequence the position, free in the table
  /// @param collectionId the collection
  /// @param id the record
  /// @param vector its vector as the user gave it
  /// @param metadata its values, `chroma:document` among them
  public static void insertConsumed(
      ChromaDatabase database,
      long sequence,
      String collectionId,
      String id,
      float[] vector,
      Map<String, MetadataValue> metadata)
      throws IOException {
    database.execute(
        "INSERT INTO embeddings_queue(seq_id, operation, topic, id, vector, encoding, metadata) VALUES (?,0,?,?,?,'FLOAT32',?)",
        sequence,
        CollectionRow.topicOf(collectionId),
        id,
        bytes(vector),
        json(metadata));
  }

  /// Adds a row that both segments have still to consume: the record is added, or changed.
  ///
  /// @param sequence the position, free in the table and beyond what any segment has consumed
  /// @param collectionId the collection
  /// @param id the record
  /// @param vector its vector as the user gave it
  /// @param metadata its values, `chroma:document` among them
  public static void insertUpsert(
      ChromaDatabase database,
      long sequence,
      String collectionId,
      String id,
      float[] vector,
      Map<String, MetadataValue> metadata)
      throws IOException {
    database.execute(
        "INSERT INTO embeddings_queue(seq_id, operation, topic, id, vector, encoding, metadata) VALUES (?,2,?,?,?,'FLOAT32',?)",
        sequence,
        CollectionRow.topicOf(collectionId),
        id,
        bytes(vector),
        json(metadata));
  }

  /// {@return float32 little-endian bytes}
  public static byte[] bytes(float[] vector) {
    ByteBuffer buffer =
        ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asFloatBuffer().put(vector);
    return buffer.array();
  }

  /// {@return metadata as the queue holds it; numbers that JSON has no word for are left out}
  public static String json(Map<String, MetadataValue> metadata) {
    ObjectNode object = NODES.objectNode();
    metadata.forEach((key, value) -> {
      if (!(value instanceof MetadataValue.Real(double number)) || Double.isFinite(number)) {
        object.set(key, node(value));
      }
    });
    return object.toString();
  }

  private static JsonNode node(MetadataValue value) {
    return switch (value) {
      case MetadataValue.Text(String text) -> NODES.textNode(text);
      case MetadataValue.Whole(long number) -> NODES.numberNode(number);
      case MetadataValue.Real(double number) -> NODES.numberNode(number);
      case MetadataValue.Flag(boolean flag) -> NODES.booleanNode(flag);
      case MetadataValue.Listing(List<MetadataValue> values) -> {
        ArrayNode array = NODES.arrayNode();
        values.forEach(element -> array.add(node(element)));
        yield array;
      }
    };
  }
}
