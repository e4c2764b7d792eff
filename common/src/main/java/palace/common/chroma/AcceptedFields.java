package palace.common.chroma;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;

/// Which fields Chroma 1.5.9 accepts where an index is configured; with any other, or another type,
/// it refuses to list collections at all. Elsewhere in both texts it ignores what it does not know.
final class AcceptedFields {
  private static final Set<String> COUNTS =
      Set.of(
          "ef_construction",
          "max_neighbors",
          "ef_search",
          "num_threads",
          "batch_size",
          "sync_threshold");
  private static final String RESIZE_FACTOR = "resize_factor";
  private static final Set<String> OF_CONFIG =
      Set.of("space", "embedding_function", "source_key", "hnsw", "spann");
  private static final Set<String> FUNCTION_TYPES = Set.of("known", "legacy", "unknown");

  private AcceptedFields() {}

  /// {@return what is not accepted in `config_json_str`, if anything is not}
  static Optional<String> refusedInConfiguration(
      JsonNode vectorIndex, JsonNode hnsw, JsonNode function) {
    boolean readable =
        function.isMissingNode()
            || function.isNull()
            || FUNCTION_TYPES.contains(function.path("type").asText());
    return unknown(vectorIndex, Set.of("hnsw"))
        .or(() -> refusedInHnsw(hnsw, true))
        .or(() ->
            readable ? Optional.empty() : Optional.of("its embedding function has no known type"));
  }

  /// {@return what is not accepted in `schema_str`, if anything is not}
  static Optional<String> refusedInSchema(JsonNode root) {
    if (root.has("keys") && root.has("key_overrides")) {
      return Optional.of("it has both keys and key_overrides");
    }
    return refusedIn(root.at("/defaults/float_list/vector_index"))
        .or(() -> refusedIn(root.at("/keys/#embedding/float_list/vector_index")))
        .or(() -> refusedIn(root.at("/key_overrides/#embedding/float_list/vector_index")));
  }

  private static Optional<String> refusedIn(JsonNode vectorIndex) {
    if (!vectorIndex.isObject()) {
      return Optional.empty();
    }
    if (!vectorIndex.path("enabled").isBoolean()) {
      return Optional.of("it does not say whether the vector index is enabled");
    }
    JsonNode config = vectorIndex.path("config");
    return unknown(config, OF_CONFIG).or(() -> refusedInHnsw(config.path("hnsw"), false));
  }

  private static Optional<String> refusedInHnsw(JsonNode hnsw, boolean withSpace) {
    for (Iterator<String> names = hnsw.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      JsonNode value = hnsw.path(name);
      if (COUNTS.contains(name)) {
        if (!isCount(value)) {
          return Optional.of("its " + name + " is not a whole number");
        }
      } else if (name.equals(RESIZE_FACTOR)) {
        if (!value.isNull() && !value.isNumber()) {
          return Optional.of("its resize_factor is not a number");
        }
      } else if (!withSpace || !name.equals("space")) {
        return Optional.of("Chroma does not know its field " + name);
      }
    }
    return Optional.empty();
  }

  private static boolean isCount(JsonNode value) {
    return value.isNull() || value.isIntegralNumber() && value.bigIntegerValue().signum() >= 0;
  }

  private static Optional<String> unknown(JsonNode object, Set<String> known) {
    for (Iterator<String> names = object.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!known.contains(name)) {
        return Optional.of("Chroma does not know its field " + name);
      }
    }
    return Optional.empty();
  }
}
