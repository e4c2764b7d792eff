package palace.it;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// The built program, started as an operator starts it.
///
/// @param prefix what stands before it on the command line, such as `strace`
/// @param scratch where its output is kept; the palace must not lie in it
record Program(List<String> prefix, Path scratch) {
  private static final Path START =
      Path.of(System.getProperty("palace.dist")).normalize().resolve("bin/palace");
  private static final long PATIENCE_SECONDS = 120;

  /// How one start ended.
  record Result(int exitCode, String out, String err) {}

  /// A start that has not ended.
  ///
  /// @param process the program itself
  /// @param out file of its standard output
  /// @param err file of its standard error
  record Running(Process process, Path out, Path err) {
    /// Waits for the end.
    Result await() throws IOException, InterruptedException {
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("still running: " + Files.readString(err));
      }
      return new Result(process.exitValue(), text(out), text(err));
    }
  }

  /// {@return the start script}
  static Path start() {
    return START;
  }

  /// Runs it to its end.
  Result run(String... arguments) throws IOException, InterruptedException {
    return begin(arguments).await();
  }

  /// Starts it.
  Running begin(String... arguments) throws IOException {
    return begin(Map.of(), arguments);
  }

  /// Starts it with more variables.
  Running begin(Map<String, String> variables, String... arguments) throws IOException {
    var command = new ArrayList<>(prefix);
    command.add(START.toString());
    command.addAll(List.of(arguments));
    Path out = Files.createTempFile(scratch, "out", "");
    Path err = Files.createTempFile(scratch, "err", "");
    var builder = new ProcessBuilder(command);
    builder.environment().put("HOME", scratch.toString());
    builder.environment().keySet().removeIf(name -> name.startsWith("MEMPAL"));
    builder.environment().putAll(variables);
    builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    builder.redirectOutput(out.toFile()).redirectError(err.toFile());
    return new Running(builder.start(), out, err);
  }

  private static String text(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.UTF_8);
  }
}
