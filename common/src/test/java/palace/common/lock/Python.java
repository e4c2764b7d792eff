package palace.common.lock;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Another program, in the language of MemPalace: a Python process with a script, which answers
/// line by line.
final class Python implements AutoCloseable {
  private static final Path PROGRAM = Path.of("/usr/bin/python3");

  private final Process process;
  private final BufferedReader answers;

  private Python(Process process) {
    this.process = process;
    this.answers = process.inputReader();
  }

  static Python run(String script, Object... arguments) throws IOException {
    assumeTrue(Files.exists(PROGRAM), "cannot run here: python3 is missing");
    var command = new ArrayList<>(List.of(PROGRAM.toString(), "-u", "-c", script));
    Arrays.stream(arguments).map(Object::toString).forEach(command::add);
    var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    return new Python(builder.start());
  }

  /// The next line it prints; fails when it ends instead.
  String answer() throws IOException {
    String line = answers.readLine();
    if (line == null) {
      throw new AssertionError("python ended");
    }
    return line;
  }

  /// Lets a script go on that waits for a line.
  void tell(String line) throws IOException {
    var input = process.outputWriter();
    input.write(line + "\n");
    input.flush();
  }

  long pid() {
    return process.pid();
  }

  /// Kills it, as `kill -9` does.
  @Override
  public void close() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }
}
