package palace.it;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.MetadataValue;

/// What the user of a palace wrote, as the script that made it recorded it while real Chroma
/// agreed.
final class Truth {
  private final JsonNode root;

  private Truth(JsonNode root) {
    this.root = root;
  }

  static Truth beside(Path palace) throws IOException {
    Path file = palace.resolveSibling(palace.getFileName() + ".expected.json.gz");
    try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
      return new Truth(new ObjectMapper().readTree(in));
    }
  }

  /// One record: document under Chroma's own key, plain Java values, float components.
  record Record(Map<String, Object> metadata, float[] vector) {}

  /// One collection.
  record Collection(String space, int dimension, Map<String, Record> records) {}

  /// {@return how many collections there are over all databases}
  int collectionCount() {
    int count = root.path("collections").size();
    for (JsonNode database : root.path("databases")) {
      count += database.path("collections").size();
    }
    return count;
  }

  Collection of(CollectionRow row) {
    boolean isDefault = row.database().equals("default_database");
    JsonNode owner =
        isDefault ? root : root.path("databases").path(row.tenant() + "/" + row.database());
    JsonNode collection = owner.path("collections").path(row.name());
    var records = new HashMap<String, Record>();
    collection
        .path("records")
        .properties()
        .forEach(entry -> records.put(entry.getKey(), recordOf(entry.getValue())));
    return new Collection(
        collection.path("space").asText(), collection.path("dimension").asInt(), records);
  }

  private static Record recordOf(JsonNode node) {
    var metadata = new HashMap<String, Object>();
    node.path("metadata")
        .properties()
        .forEach(entry -> metadata.put(entry.getKey(), plain(entry.getValue())));
    if (!node.path("document").isNull()) {
      metadata.put(MetadataValue.DOCUMENT_KEY, node.path("document").asText());
    }
    byte[] bytes = Base64.getDecoder().decode(node.path("vector").asText());
    float[] vector = new float[bytes.length / Float.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(vector);
    return new Record(metadata, vector);
  }

  private static Object plain(JsonNode node) {
    if (node.isArray()) {
      List<Object> values = new ArrayList<>();
      node.forEach(element -> values.add(plain(element)));
      return values;
    }
    if (node.isTextual()) {
      return node.textValue();
    }
    if (node.isBoolean()) {
      return node.booleanValue();
    }
    return node.isIntegralNumber() ? (Object) node.longValue() : (Object) node.doubleValue();
  }

  /// {@return a value of ours as the truth holds it}
  static Object plain(MetadataValue value) {
    return switch (value) {
      case MetadataValue.Text(String text) -> text;
      case MetadataValue.Whole(long number) -> number;
      case MetadataValue.Real(double number) -> number;
      case MetadataValue.Flag(boolean flag) -> flag;
      case MetadataValue.Listing(List<MetadataValue> values) ->
          values.stream().map(Truth::plain).toList();
    };
  }
}
