package palace.cli;

import java.util.Optional;
import palace.common.PalaceException;
import palace.repair.embedder.Endpoint;
import picocli.CommandLine.Option;

/// The options that name who computes vectors which exist nowhere.
final class EmbedderOptions {
  @Option(
      names = "--embedder",
      paramLabel = "URL",
      description =
          "Ask this OpenAI-compatible endpoint for vectors that exist nowhere; /v1/embeddings is"
              + " added where it is missing. The only time that palace uses a network.")
  private Optional<String> address = Optional.empty();

  @Option(
      names = "--embedder-model",
      paramLabel = "NAME",
      description = "With --embedder: the model, which must be the one the palace was made with.")
  private Optional<String> model = Optional.empty();

  @Option(
      names = "--embedder-key-env",
      paramLabel = "NAME",
      description = "With --embedder: the environment variable that holds the key of the endpoint.")
  private Optional<String> keyVariable = Optional.empty();

  /// {@return the endpoint, if one is named}
  ///
  /// @throws PalaceException.Usage when what is said about it does not make one
  Optional<Endpoint> endpoint(Environment environment) throws PalaceException.Usage {
    if (address.isEmpty()) {
      requireAlone(model, "--embedder-model");
      requireAlone(keyVariable, "--embedder-key-env");
      return Optional.empty();
    }
    if (model.isEmpty() || model.get().isBlank()) {
      throw new PalaceException.Usage(
          "--embedder without --embedder-model", "name the model that the palace was made with");
    }
    Optional<String> key = key(environment);
    try {
      return Optional.of(Endpoint.at(address.get(), model.get(), key));
    } catch (IllegalArgumentException e) {
      throw new PalaceException.Usage(
          "--embedder: no address of an endpoint: " + e.getMessage(),
          "such as --embedder http://localhost:11434");
    }
  }

  private static void requireAlone(Optional<String> option, String name)
      throws PalaceException.Usage {
    if (option.isPresent()) {
      throw new PalaceException.Usage(
          name + " without --embedder", "add --embedder URL, or leave it out");
    }
  }

  private Optional<String> key(Environment environment) throws PalaceException.Usage {
    if (keyVariable.isEmpty()) {
      return Optional.empty();
    }
    Optional<String> key = environment.get(keyVariable.get());
    if (key.isEmpty()) {
      throw new PalaceException.Usage(
          "--embedder-key-env: no environment variable of that name is set",
          "give the variable's name, not the key, and export it");
    }
    return key;
  }
}
