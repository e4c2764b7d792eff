package palace.cli;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/// What a process is born with: environment variables, and the operator's home directory.
record Environment(Map<String, String> variables, Path home) {
  /// Keeps a copy of the variables.
  Environment {
    variables = Map.copyOf(variables);
  }

  /// {@return that of this process}
  static Environment ofProcess() {
    Map<String, String> variables = System.getenv();
    String home = variables.getOrDefault("HOME", System.getProperty("user.home"));
    return new Environment(variables, Path.of(home));
  }

  /// {@return a variable's value; one that is blank counts as not set, as MemPalace has it}
  Optional<String> get(String name) {
    return Optional.ofNullable(variables.get(name)).filter(value -> !value.isBlank());
  }

  /// {@return a path as MemPalace reads it: a leading `~` is the home directory}
  Path path(String text) {
    if (text.equals("~")) {
      return home;
    }
    return text.startsWith("~/") ? home.resolve(text.substring(2)) : Path.of(text);
  }
}
