package palace.common.chroma;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import palace.common.hnsw.Space;

/// How a collection's index is to be built and searched.
///
/// @param space what distance means
/// @param m neighbours per element above level 0, `max_neighbors` since 1.0
/// @param efConstruction width of the search that links a new element
/// @param efSearch width of the search that answers a query
/// @param numThreads threads; 0 where a release leaves it to the machine
/// @param batchSize rows a Python core gathers before it links them
/// @param syncThreshold rows after which the index is persisted
/// @param resizeFactor growth of the capacity
public record IndexConfiguration(
    Space space,
    int m,
    int efConstruction,
    int efSearch,
    int numThreads,
    int batchSize,
    int syncThreshold,
    double resizeFactor) {
  /// What Chroma assumes where nothing is stated: l2 with M 16.
  public static final IndexConfiguration DEFAULT =
      new IndexConfiguration(Space.L2, 16, 100, 100, 0, 100, 1000, 1.2);

  private static final int MOST_M = 10_000;

  /// {@return the same with another space}
  public IndexConfiguration withSpace(Space other) {
    return new IndexConfiguration(
        other, m, efConstruction, efSearch, numThreads, batchSize, syncThreshold, resizeFactor);
  }

  /// {@return the same with another M}
  public IndexConfiguration withM(int other) {
    return new IndexConfiguration(
        space, other, efConstruction, efSearch, numThreads, batchSize, syncThreshold, resizeFactor);
  }

  /// {@return the same with another number of rows after which the index is persisted}
  public IndexConfiguration withSyncThreshold(int other) {
    return new IndexConfiguration(
        space,
        m,
        efConstruction,
        efSearch,
        numThreads,
        Math.min(batchSize, other),
        other,
        resizeFactor);
  }

  /// {@return whether Chroma 1.x would take this for "nothing was configured" and look into the
  /// segment's metadata}
  ///
  /// Its own comparison includes `num_threads`, whose default is the machine's core count.
  public boolean looksLikeDefault() {
    return withoutThreads().equals(DEFAULT);
  }

  private IndexConfiguration withoutThreads() {
    return new IndexConfiguration(
        space, m, efConstruction, efSearch, 0, batchSize, syncThreshold, resizeFactor);
  }

  /// {@return the configuration that `hnsw:` keys state, if there is any such key}
  public static Optional<IndexConfiguration> ofMetadata(Map<String, MetadataValue> metadata) {
    if (metadata.keySet().stream().noneMatch(key -> key.startsWith("hnsw:"))) {
      return Optional.empty();
    }
    return Optional.of(
        new IndexConfiguration(
            spaceOf(metadata.get("hnsw:space")),
            whole(metadata, "hnsw:M", DEFAULT.m, MOST_M),
            whole(metadata, "hnsw:construction_ef", DEFAULT.efConstruction, Integer.MAX_VALUE),
            whole(metadata, "hnsw:search_ef", DEFAULT.efSearch, Integer.MAX_VALUE),
            whole(metadata, "hnsw:num_threads", DEFAULT.numThreads, 1024),
            whole(metadata, "hnsw:batch_size", DEFAULT.batchSize, Integer.MAX_VALUE),
            whole(metadata, "hnsw:sync_threshold", DEFAULT.syncThreshold, Integer.MAX_VALUE),
            real(metadata, "hnsw:resize_factor", DEFAULT.resizeFactor)));
  }

  private static Space spaceOf(@Nullable MetadataValue value) {
    return value instanceof MetadataValue.Text(String name)
        ? Space.parse(name).orElse(DEFAULT.space)
        : DEFAULT.space;
  }

  private static int whole(
      Map<String, MetadataValue> metadata, String key, int otherwise, int most) {
    return metadata.get(key) instanceof MetadataValue.Whole(long value)
            && value > 0
            && value <= most
        ? (int) value
        : otherwise;
  }

  private static double real(Map<String, MetadataValue> metadata, String key, double otherwise) {
    return switch (metadata.get(key)) {
      case MetadataValue.Real(double value) -> value;
      case MetadataValue.Whole(long value) -> value;
      case null, default -> otherwise;
    };
  }

  /// {@return the configuration in an `hnsw` object of 1.x: `config_json_str` and `schema_str` use
  /// the same field names; missing fields take defaults}
  static IndexConfiguration ofJson(JsonNode hnsw, Space space) {
    return new IndexConfiguration(
        space,
        bounded(hnsw, "max_neighbors", DEFAULT.m, MOST_M),
        bounded(hnsw, "ef_construction", DEFAULT.efConstruction, Integer.MAX_VALUE),
        bounded(hnsw, "ef_search", DEFAULT.efSearch, Integer.MAX_VALUE),
        bounded(hnsw, "num_threads", DEFAULT.numThreads, 1024),
        bounded(hnsw, "batch_size", DEFAULT.batchSize, Integer.MAX_VALUE),
        bounded(hnsw, "sync_threshold", DEFAULT.syncThreshold, Integer.MAX_VALUE),
        hnsw.path("resize_factor").isNumber()
            ? hnsw.path("resize_factor").doubleValue()
            : DEFAULT.resizeFactor);
  }

  private static int bounded(JsonNode hnsw, String field, int otherwise, int most) {
    JsonNode value = hnsw.path(field);
    return value.canConvertToInt() && value.intValue() > 0 && value.intValue() <= most
        ? value.intValue()
        : otherwise;
  }

  /// {@return the `hnsw` object of `schema_str`, every field stated}
  ObjectNode toSchemaJson() {
    ObjectNode hnsw = JsonNodeFactory.instance.objectNode();
    hnsw.put("ef_construction", efConstruction).put("max_neighbors", m).put("ef_search", efSearch);
    hnsw.put("num_threads", Math.max(1, numThreads)).put("batch_size", batchSize);
    return hnsw.put("sync_threshold", syncThreshold).put("resize_factor", resizeFactor);
  }
}
