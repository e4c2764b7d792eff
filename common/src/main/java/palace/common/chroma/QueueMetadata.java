package palace.common.chroma;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The metadata column of a queue row: a JSON object of the user's keys, `chroma:document` and
/// `chroma:uri`.
public sealed interface QueueMetadata {
  /// What the row changes.
  ///
  /// @param changes new value per key; an empty value deletes the key
  /// @param unsupported keys whose values no Chroma can hold (NaN, nested objects, lists of mixed
  ///   types)
  record Changes(Map<String, Optional<MetadataValue>> changes, List<String> unsupported)
      implements QueueMetadata {
    /// {@return the document that the row gives, if it gives one}
    public Optional<String> document() {
      return changes.getOrDefault(MetadataValue.DOCUMENT_KEY, Optional.empty()).stream()
          .filter(MetadataValue.Text.class::isInstance)
          .map(value -> ((MetadataValue.Text) value).value())
          .findFirst();
    }
  }

  /// A text that is not a JSON object.
  record Broken(String reason) implements QueueMetadata {}

  /// Reads NaN and Infinity too, because Python's `json.dumps` writes them, and documents of any
  /// length.
  ObjectMapper LENIENT =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
                  .build())
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .build();

  /// Reads the column of one row; NULL means no change.
  static QueueMetadata parse(Optional<String> text) {
    if (text.isEmpty()) {
      return new Changes(Map.of(), List.of());
    }
    try {
      return LENIENT.readTree(text.get()) instanceof ObjectNode object
          ? changesOf(object)
          : new Broken("not a JSON object");
    } catch (JsonProcessingException e) {
      return new Broken("not JSON");
    }
  }

  private static QueueMetadata changesOf(ObjectNode object) {
    var changes = new LinkedHashMap<String, Optional<MetadataValue>>();
    var unsupported = new ArrayList<String>();
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      if (field.getValue().isNull()) {
        changes.put(field.getKey(), Optional.empty());
      } else {
        valueOf(field.getValue())
            .ifPresentOrElse(
                value -> changes.put(field.getKey(), Optional.of(value)),
                () -> unsupported.add(field.getKey()));
      }
    }
    return new Changes(changes, unsupported);
  }

  private static Optional<MetadataValue> valueOf(JsonNode node) {
    if (node.isArray()) {
      return listOf(node);
    }
    if (node.isTextual()) {
      return Optional.of(new MetadataValue.Text(node.textValue()));
    }
    if (node.isBoolean()) {
      return Optional.of(new MetadataValue.Flag(node.booleanValue()));
    }
    return node.isNumber() ? numberOf(node) : Optional.empty();
  }

  /// An integer beyond 64 bits becomes a float, as in Chroma 1.5.9.
  private static Optional<MetadataValue> numberOf(JsonNode node) {
    if (node.isIntegralNumber() && node.canConvertToLong()) {
      return Optional.of(new MetadataValue.Whole(node.longValue()));
    }
    double value = node.doubleValue();
    return Double.isFinite(value) ? Optional.of(new MetadataValue.Real(value)) : Optional.empty();
  }

  private static Optional<MetadataValue> listOf(JsonNode array) {
    var values = new ArrayList<MetadataValue>();
    for (JsonNode element : array) {
      Optional<MetadataValue> value = element.isArray() ? Optional.empty() : valueOf(element);
      if (value.isEmpty()
          || !values.isEmpty() && values.getFirst().getClass() != value.get().getClass()) {
        return Optional.empty();
      }
      values.add(value.get());
    }
    return Optional.of(new MetadataValue.Listing(values));
  }
}
