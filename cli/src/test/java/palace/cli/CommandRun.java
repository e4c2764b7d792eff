package palace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/// One command line that was run in this process: how it ended, its data and its talk.
record CommandRun(int exitCode, String out, String err) {
  private static final Environment NOWHERE = new Environment(Map.of(), Path.of("/nonexistent"));

  /// Runs it with no variables, no home and no terminal.
  static CommandRun palace(String... args) {
    return in(NOWHERE, Optional.empty(), args);
  }

  /// Runs it with somebody at the terminal, who types `reply`.
  static CommandRun palaceAsking(String reply, String... args) {
    return in(NOWHERE, Optional.of(reply), args);
  }

  /// Runs it in an environment.
  static CommandRun in(Environment environment, Optional<String> reply, String... args) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    var terminal =
        new Terminal(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            reply.map(text -> new BufferedReader(new StringReader(text))),
            false);
    int exitCode = PalaceCommand.run(environment, terminal, args);
    return new CommandRun(
        exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /// {@return the one JSON document on standard output}
  JsonNode json() throws IOException {
    return JsonMapper.builder()
        .enable(com.fasterxml.jackson.databind.DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .build()
        .readTree(out);
  }
}
