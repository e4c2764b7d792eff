package palace.common.chroma;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import palace.common.hnsw.Space;

/// What `config_json_str` or `schema_str` says, read as Chroma 1.x reads it.
public sealed interface StatedConfiguration {
  /// NULL, blank, `{}`, or the JSON that 0.5.4 to 0.6.3 wrote, which 1.x accepts and ignores.
  record Nothing() implements StatedConfiguration {}

  /// A configuration of 1.x.
  ///
  /// @param index the index's parameters
  /// @param embeddingFunction identity of the embedding function as the JSON object that was found,
  ///   absent when null
  record Stated(IndexConfiguration index, Optional<JsonNode> embeddingFunction)
      implements StatedConfiguration {}

  /// A text that makes Chroma refuse the collection, or all of them.
  ///
  /// @param reason what Chroma does not accept
  /// @param meant what it states apart from that, where that can be told
  record Broken(String reason, Optional<Stated> meant) implements StatedConfiguration {
    Broken(String reason) {
      this(reason, Optional.empty());
    }
  }

  /// Where the vectors' index stands in `schema_str`, most specific first; `key_overrides` is the
  /// older name of `keys`.
  List<String> SCHEMA_PATHS =
      List.of(
          "/keys/#embedding/float_list/vector_index/config",
          "/key_overrides/#embedding/float_list/vector_index/config",
          "/defaults/float_list/vector_index/config");

  /// Reads `config_json_str` (0.5.4 and later).
  static StatedConfiguration ofConfiguration(Optional<String> text) {
    return text.isEmpty() ? new Nothing() : parse(text.get(), StatedConfiguration::configurationOf);
  }

  private static StatedConfiguration configurationOf(JsonNode root) {
    JsonNode index = root.path("vector_index");
    if (index.isMissingNode()) {
      return new Nothing();
    }
    JsonNode hnsw = index.path("hnsw");
    if (!hnsw.isObject()) {
      return new Broken("its vector index is not hnsw");
    }
    JsonNode function = root.path("embedding_function");
    return stated(hnsw.path("space"), hnsw, function)
        .unless(AcceptedFields.refusedInConfiguration(index, hnsw, function));
  }

  /// Reads `schema_str` (1.3 and later).
  static StatedConfiguration ofSchema(Optional<String> text) {
    if (text.isEmpty() || text.get().isBlank() || text.get().strip().equals("null")) {
      return new Nothing();
    }
    return parse(text.get(), StatedConfiguration::schemaOf);
  }

  private static StatedConfiguration schemaOf(JsonNode root) {
    if (!root.has("defaults") || !(root.has("keys") || root.has("key_overrides"))) {
      return new Broken("it lacks defaults or keys");
    }
    for (String path : SCHEMA_PATHS) {
      JsonNode config = root.at(path);
      if (config.path("hnsw").isObject()) {
        return stated(config.path("space"), config.path("hnsw"), config.path("embedding_function"))
            .unless(AcceptedFields.refusedInSchema(root));
      }
    }
    return new Broken("it holds no hnsw index for #embedding");
  }

  private static StatedConfiguration stated(JsonNode space, JsonNode hnsw, JsonNode function) {
    Optional<Space> named =
        space.isMissingNode() || space.isNull()
            ? Optional.of(Space.L2)
            : Space.parse(space.asText());
    if (named.isEmpty()) {
      return new Broken("it names an unknown space");
    }
    Optional<JsonNode> identity = function.isObject() ? Optional.of(function) : Optional.empty();
    return new Stated(IndexConfiguration.ofJson(hnsw, named.get()), identity);
  }

  private StatedConfiguration unless(Optional<String> refused) {
    return refused.isPresent() && this instanceof Stated stated
        ? new Broken(refused.get(), Optional.of(stated))
        : this;
  }

  private static StatedConfiguration parse(
      String text, Function<JsonNode, StatedConfiguration> reader) {
    try {
      JsonNode root = JSON.readTree(text);
      return root instanceof ObjectNode
          ? reader.apply(root)
          : new Broken("it is not a JSON object");
    } catch (JsonProcessingException e) {
      return new Broken("it is not JSON");
    }
  }

  /// Reads and writes the JSON of a palace.
  ObjectMapper JSON = JsonMapper.builder().build();
}
