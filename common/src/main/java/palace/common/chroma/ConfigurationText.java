package palace.common.chroma;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/// Writes `config_json_str` and `schema_str` so that the true space stands wherever a release may
/// look.
public final class ConfigurationText {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private ConfigurationText() {}

  /// {@return `config_json_str` for a level}
  ///
  /// From 1.3 on everything stands in `schema_str` and this is `{}`; 1.0 to 1.2 keep the index and
  /// the embedding function here; the Python cores only look at its `_type`.
  public static String configuration(
      SchemaLevel level, IndexConfiguration index, Optional<JsonNode> function) {
    if (level.hasSchema()) {
      return "{}";
    }
    return (level.hasIntegerSequences() ? ofRustCore(index, function) : ofPythonCore(index))
        .toString();
  }

  private static ObjectNode ofRustCore(IndexConfiguration index, Optional<JsonNode> function) {
    ObjectNode hnsw = NODES.objectNode().put("space", index.space().chromaName());
    hnsw.put("ef_construction", index.efConstruction()).put("ef_search", index.efSearch());
    hnsw.put("max_neighbors", index.m()).put("resize_factor", index.resizeFactor());
    hnsw.put("sync_threshold", index.syncThreshold());
    ObjectNode root = NODES.objectNode();
    root.set("vector_index", NODES.objectNode().set("hnsw", hnsw));
    root.set("embedding_function", function.orElse(NODES.nullNode()));
    return root;
  }

  private static ObjectNode ofPythonCore(IndexConfiguration index) {
    ObjectNode hnsw = NODES.objectNode().put("space", index.space().chromaName());
    hnsw.put("ef_construction", index.efConstruction()).put("ef_search", index.efSearch());
    hnsw.put("num_threads", Math.max(1, index.numThreads())).put("M", index.m());
    hnsw.put("resize_factor", index.resizeFactor()).put("batch_size", index.batchSize());
    hnsw.put("sync_threshold", index.syncThreshold()).put("_type", "HNSWConfigurationInternal");
    ObjectNode root = NODES.objectNode();
    root.set("hnsw_configuration", hnsw);
    return root.put("_type", "CollectionConfigurationInternal");
  }

  /// {@return `schema_str` for 1.3 and later}
  ///
  /// A readable schema keeps everything it says about metadata keys; only its vector index is
  /// restated. Otherwise a fresh one is written, which Chroma extends by itself as keys are used.
  public static String schema(
      IndexConfiguration index, Optional<JsonNode> function, Optional<String> present) {
    ObjectNode root =
        present
            .flatMap(ConfigurationText::readableSchema)
            .orElseGet(ConfigurationText::freshSchema);
    ObjectNode keys =
        object(root, root.has("key_overrides") && !root.has("keys") ? "key_overrides" : "keys");
    if (root.has("keys")) {
      root.remove("key_overrides");
    }
    vectorIndex(object(root, "defaults"), false)
        .set("config", vectorConfig(index, function, false));
    vectorIndex(object(keys, "#embedding"), true)
        .set("config", vectorConfig(index, function, true));
    return root.toString();
  }

  private static Optional<ObjectNode> readableSchema(String text) {
    boolean readable =
        switch (StatedConfiguration.ofSchema(Optional.of(text))) {
          case StatedConfiguration.Nothing nothing -> false;
          case StatedConfiguration.Stated stated -> true;
          case StatedConfiguration.Broken broken -> broken.meant().isPresent();
        };
    if (!readable) {
      return Optional.empty();
    }
    try {
      return Optional.of((ObjectNode) StatedConfiguration.JSON.readTree(text));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  private static ObjectNode vectorIndex(ObjectNode key, boolean enabled) {
    ObjectNode index = object(object(key, "float_list"), "vector_index");
    return index.put("enabled", enabled);
  }

  private static ObjectNode vectorConfig(
      IndexConfiguration index, Optional<JsonNode> function, boolean ofEmbedding) {
    ObjectNode config = NODES.objectNode().put("space", index.space().chromaName());
    function.ifPresent(identity -> config.set("embedding_function", identity));
    if (ofEmbedding) {
      config.put("source_key", "#document");
    }
    return config.set("hnsw", index.toSchemaJson());
  }

  private static ObjectNode object(ObjectNode parent, String name) {
    return parent.get(name) instanceof ObjectNode child ? child : parent.putObject(name);
  }

  private static ObjectNode freshSchema() {
    ObjectNode root = NODES.objectNode();
    ObjectNode defaults = root.putObject("defaults");
    ObjectNode string = defaults.putObject("string");
    inverted(string, "fts_index", false);
    inverted(string, "string_inverted_index", true);
    defaults.putObject("float_list");
    sparse(defaults);
    inverted(defaults.putObject("int"), "int_inverted_index", true);
    inverted(defaults.putObject("float"), "float_inverted_index", true);
    inverted(defaults.putObject("bool"), "bool_inverted_index", true);
    ObjectNode keys = root.putObject("keys");
    keys.putObject("#embedding");
    ObjectNode document = keys.putObject("#document").putObject("string");
    inverted(document, "fts_index", true);
    inverted(document, "string_inverted_index", false);
    return root;
  }

  private static void sparse(ObjectNode defaults) {
    ObjectNode index = defaults.putObject("sparse_vector").putObject("sparse_vector_index");
    ObjectNode config = index.put("enabled", false).putObject("config");
    config.putObject("embedding_function").put("type", "unknown");
    config.put("bm25", false);
  }

  private static void inverted(ObjectNode parent, String name, boolean enabled) {
    parent.putObject(name).put("enabled", enabled).putObject("config");
  }
}
