package palace.common.chroma;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import palace.common.hnsw.Space;

/// Everything a palace says about one collection's index, in each of the places where some release
/// looks, and what the release of its level would make of it.
///
/// @param level schema level of the palace
/// @param schema `schema_str`
/// @param configuration `config_json_str`
/// @param segment `hnsw:` keys of the vector segment's metadata
/// @param collection `hnsw:` keys of the collection's metadata, which every release copies from but
///   only shows
public record CollectionSettings(
    SchemaLevel level,
    StatedConfiguration schema,
    StatedConfiguration configuration,
    Optional<IndexConfiguration> segment,
    Optional<IndexConfiguration> collection) {
  /// Reads the settings of a collection and its vector segment.
  public static CollectionSettings of(
      SchemaLevel level, CollectionRow collection, Optional<SegmentRow> vectorSegment) {
    return new CollectionSettings(
        level,
        StatedConfiguration.ofSchema(collection.schema()),
        StatedConfiguration.ofConfiguration(collection.configuration()),
        vectorSegment.flatMap(segment -> IndexConfiguration.ofMetadata(segment.metadata())),
        IndexConfiguration.ofMetadata(collection.metadata()));
  }

  /// {@return the configuration that Chroma of this level uses}
  ///
  /// Up to 0.6 only the segment's metadata counts. Since 1.0 the schema, else the configuration;
  /// the segment's metadata only when those look like the defaults in every field
  /// (`get_internal_hnsw_config_with_legacy_fallback`, seen in 1.5.9). Broken texts, which make
  /// Chroma fail, count as absent here.
  public IndexConfiguration effective() {
    if (!level.hasIntegerSequences()) {
      return segment.orElse(IndexConfiguration.DEFAULT);
    }
    IndexConfiguration stated = ofRustCore().orElse(IndexConfiguration.DEFAULT);
    return stated.looksLikeDefault() ? segment.orElse(stated) : stated;
  }

  private Optional<IndexConfiguration> ofRustCore() {
    return stated(schema).or(() -> stated(configuration));
  }

  private static Optional<IndexConfiguration> stated(StatedConfiguration configuration) {
    return configuration
            instanceof
            StatedConfiguration.Stated(IndexConfiguration index, Optional<JsonNode> function)
        ? Optional.of(index)
        : Optional.empty();
  }

  /// What a text states, or would state without what Chroma does not accept.
  private static Optional<IndexConfiguration> meant(StatedConfiguration configuration) {
    return intended(configuration).map(StatedConfiguration.Stated::index);
  }

  private static Optional<StatedConfiguration.Stated> intended(StatedConfiguration configuration) {
    return switch (configuration) {
      case StatedConfiguration.Nothing nothing -> Optional.empty();
      case StatedConfiguration.Stated stated -> Optional.of(stated);
      case StatedConfiguration.Broken broken -> broken.meant();
    };
  }

  /// {@return every space that is stated somewhere, the effective one first, unless what is broken
  /// meant another}
  public List<Space> statedSpaces() {
    var spaces = new ArrayList<Space>();
    if (level.hasIntegerSequences()) {
      meantByRustCore().map(IndexConfiguration::space).ifPresent(spaces::add);
    }
    spaces.add(effective().space());
    meant(schema).map(IndexConfiguration::space).ifPresent(spaces::add);
    meant(configuration).map(IndexConfiguration::space).ifPresent(spaces::add);
    segment.map(IndexConfiguration::space).ifPresent(spaces::add);
    collection.map(IndexConfiguration::space).ifPresent(spaces::add);
    return spaces.stream().distinct().toList();
  }

  /// What a broken text meant, where nothing else is stated.
  private Optional<IndexConfiguration> meantByRustCore() {
    if (isBroken(schema)) {
      return meant(schema);
    }
    return isBroken(configuration) ? meant(configuration) : Optional.empty();
  }

  private static boolean isBroken(StatedConfiguration configuration) {
    return configuration instanceof StatedConfiguration.Broken;
  }

  /// {@return the most telling configuration: what a broken text meant, else the effective one, or,
  /// where that is only the defaults, the first that says more}
  public IndexConfiguration mostTelling() {
    IndexConfiguration effective =
        meantByRustCore().filter(meant -> level.hasIntegerSequences()).orElseGet(this::effective);
    if (!effective.looksLikeDefault()) {
      return effective;
    }
    return segment
        .or(() -> collection)
        .filter(index -> !index.looksLikeDefault())
        .orElse(effective);
  }

  /// {@return the identity of the embedding function, if any is recorded}
  public Optional<JsonNode> embeddingFunction() {
    return functionOf(schema).or(() -> functionOf(configuration));
  }

  private static Optional<JsonNode> functionOf(StatedConfiguration configuration) {
    return intended(configuration).flatMap(StatedConfiguration.Stated::embeddingFunction);
  }
}
