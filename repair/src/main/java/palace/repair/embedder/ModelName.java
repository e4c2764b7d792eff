package palace.repair.embedder;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// Whether the name of a model can be that of the model a collection records.
public final class ModelName {
  private static final String DEFAULT_MODEL = "all-minilm-l6-v2";
  private static final Set<String> NAMES_OF_DEFAULT =
      Set.of("default", "onnx_mini_lm_l6_v2", "minilm", "all-minilm", DEFAULT_MODEL);

  /// Functions of MemPalace and Chroma that name no model: only vectors can tell.
  private static final Set<String> NAMELESS = Set.of("", "legacy", "openai-compat", "unknown");

  private ModelName() {}

  /// {@return the recorded model that another name contradicts}
  ///
  /// @param identity the recorded embedding function as Chroma writes it: `{"type", "name",
  ///   "config": {"model_name" | "model"}}`
  public static Optional<String> contradicted(JsonNode identity, String model) {
    return identity.path("type").asText().equals("known")
        ? contradicted(recorded(identity), model)
        : Optional.empty();
  }

  private static String recorded(JsonNode identity) {
    JsonNode config = identity.path("config");
    for (String field : List.of("model_name", "model", "model_id")) {
      if (config.path(field).isTextual()) {
        return config.path(field).asText();
      }
    }
    // A function of a family of models that does not say which one says nothing.
    String name = identity.path("name").asText();
    return NAMES_OF_DEFAULT.contains(plain(name)) ? name : "";
  }

  /// {@return the recorded model that another name contradicts}
  public static Optional<String> contradicted(String recorded, String model) {
    String expected = plain(recorded);
    if (NAMELESS.contains(expected) || expected.equals(plain(model))) {
      return Optional.empty();
    }
    boolean bothDefault = NAMES_OF_DEFAULT.contains(expected) && isDefault(plain(model));
    return bothDefault ? Optional.empty() : Optional.of(recorded);
  }

  private static boolean isDefault(String name) {
    return NAMES_OF_DEFAULT.contains(name) || name.startsWith(DEFAULT_MODEL);
  }

  /// Without the organisation before it and the tag behind it, which servers add as they like.
  private static String plain(String name) {
    String lower = name.strip().toLowerCase(Locale.ROOT);
    String last = lower.substring(lower.lastIndexOf('/') + 1);
    int tag = last.indexOf(':');
    return tag > 0 ? last.substring(0, tag) : last;
  }
}
