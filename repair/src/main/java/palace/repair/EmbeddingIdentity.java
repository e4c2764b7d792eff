package palace.repair;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.CollectionSettings;
import palace.common.files.BoundedReader;

/// Which embedding function a collection was made with, from wherever that still stands: its
/// configuration, the remains of a broken one, and what MemPalace notes about its own collections
/// in `mempalace_embedder.json`:
///
/// ```json
/// {COLLECTION: {"model_name": "minilm" | "openai-compat" | …, "dimension": N}}
/// ```
final class EmbeddingIdentity {
  private static final String NOTE = "mempalace_embedder.json";
  private static final String KEY = "\"embedding_function\":";
  private static final int LONGEST_NOTE = 1 << 20;

  /// A text that Chroma wrote has the key once or twice.
  private static final int MOST_TRIES = 100;

  private static final ObjectMapper JSON = new ObjectMapper();

  private EmbeddingIdentity() {}

  /// What MemPalace noted.
  ///
  /// @param model its word for the model or the kind of model
  /// @param dimension components per vector, 0 when it did not know them yet
  record Noted(String model, int dimension) {}

  /// {@return what MemPalace noted about a collection}
  static Optional<Noted> noted(Path palace, CollectionRow row) throws IOException {
    return entry(palace.resolve(NOTE), row.name())
        .map(entry ->
            new Noted(
                entry.path("model_name").asText(), Math.max(0, entry.path("dimension").asInt())));
  }

  /// {@return the identity as Chroma writes it}
  static Optional<JsonNode> of(Path palace, CollectionRow row, CollectionSettings settings)
      throws IOException {
    Optional<JsonNode> found =
        settings
            .embeddingFunction()
            .or(() -> row.schema().flatMap(EmbeddingIdentity::inRemains))
            .or(() -> row.configuration().flatMap(EmbeddingIdentity::inRemains));
    return found.isPresent() ? found : noted(palace.resolve(NOTE), row.name());
  }

  /// A text that was cut off may still hold the whole object.
  private static Optional<JsonNode> inRemains(String text) {
    int at = text.indexOf(KEY);
    for (int tries = 0; at >= 0 && tries < MOST_TRIES; tries++) {
      Optional<JsonNode> object = objectAt(text, at + KEY.length());
      String type = object.map(found -> found.path("type").asText()).orElse("");
      if (type.equals("known") || type.equals("legacy")) {
        return object;
      }
      at = text.indexOf(KEY, at + 1);
    }
    return Optional.empty();
  }

  private static Optional<JsonNode> objectAt(String text, int from) {
    try (JsonParser parser = JSON.createParser(text.substring(from))) {
      return Optional.ofNullable(parser.<JsonNode>readValueAsTree()).filter(JsonNode::isObject);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /// MemPalace makes its collections with Chroma's default function for the model minilm, and with
  /// one of its own, which Chroma records as `legacy`, for a remote model.
  private static Optional<JsonNode> noted(Path note, String collection) throws IOException {
    return entry(note, collection).flatMap(entry -> identity(entry.path("model_name").asText()));
  }

  private static Optional<JsonNode> entry(Path note, String collection) throws IOException {
    if (!Files.isRegularFile(note, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    Optional<byte[]> content = BoundedReader.readAtMost(note, LONGEST_NOTE);
    if (content.isEmpty()) {
      return Optional.empty();
    }
    try {
      JsonNode root = JSON.readTree(new String(content.get(), StandardCharsets.UTF_8));
      return Optional.of(root.path(collection)).filter(JsonNode::isObject);
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  private static Optional<JsonNode> identity(String model) {
    return switch (model) {
      case "minilm" ->
          Optional.of(
              JSON.createObjectNode()
                  .put("type", "known")
                  .put("name", "default")
                  .set("config", JSON.createObjectNode()));
      case "openai-compat" -> Optional.of(JSON.createObjectNode().put("type", "legacy"));
      default -> Optional.empty();
    };
  }
}
