package palace.cli;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// Which palace is meant, and what said so. Whether there is one is not looked at.
///
/// Named on the command line, else by the variables in [#VARIABLES], else by `palace_path` in
/// MemPalace's `config.json`, else `palace` in its configuration folder.
///
/// @param palace the directory
/// @param source what named it, in words
record PalaceLocation(Path palace, String source) {
  /// The variables that name a palace, the strongest first.
  static final List<String> VARIABLES =
      List.of("MEMPALACE_PALACE_PATH", "MEMPAL_PALACE_PATH", "MEMPALACE_PALACE");

  private static final List<String> MARKS_OF_AN_OLD_INSTALLATION =
      List.of("config.json", "people_map.json", "palace/chroma.sqlite3");

  /// Finds the palace that is meant; a configuration that cannot be used is told and passed over.
  static PalaceLocation find(
      Optional<Path> named, Environment environment, Consumer<String> warnings) {
    if (named.isPresent()) {
      return new PalaceLocation(named.get(), "the command line");
    }
    for (String variable : VARIABLES) {
      Optional<String> value = environment.get(variable);
      if (value.isPresent()) {
        return new PalaceLocation(environment.path(value.get().strip()), variable);
      }
    }
    Path folder = configurationFolder(environment);
    Path file = folder.resolve("config.json");
    return configured(file, environment, warnings)
        .map(path -> new PalaceLocation(path, "palace_path in " + file))
        .orElseGet(() -> new PalaceLocation(folder.resolve("palace"), "MemPalace's usual place"));
  }

  /// {@return MemPalace's configuration folder: `MEMPALACE_CONFIG_DIR`, else `~/.mempalace` where
  /// an old installation is, else the one of the XDG base directories}
  static Path configurationFolder(Environment environment) {
    Optional<String> told = environment.get("MEMPALACE_CONFIG_DIR");
    if (told.isPresent()) {
      return environment.path(told.get());
    }
    Path old = environment.home().resolve(".mempalace");
    if (MARKS_OF_AN_OLD_INSTALLATION.stream().anyMatch(mark -> Files.exists(old.resolve(mark)))) {
      return old;
    }
    // The XDG specification ignores a path that is not absolute, and so does MemPalace.
    return environment
        .get("XDG_CONFIG_HOME")
        .map(environment::path)
        .filter(Path::isAbsolute)
        .orElse(environment.home().resolve(".config"))
        .resolve("mempalace");
  }

  private static Optional<Path> configured(
      Path file, Environment environment, Consumer<String> warnings) {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      JsonNode path = JsonMapper.builder().build().readTree(file.toFile()).path("palace_path");
      return Optional.of(path)
          .filter(JsonNode::isTextual)
          .map(JsonNode::textValue)
          .filter(text -> !text.isBlank())
          .map(environment::path);
    } catch (JacksonException e) {
      warnings.accept(file + ": not JSON, passed over: " + e.getOriginalMessage());
    } catch (IOException | InvalidPathException e) {
      warnings.accept(file + ": passed over: " + e.getMessage());
    }
    return Optional.empty();
  }
}
