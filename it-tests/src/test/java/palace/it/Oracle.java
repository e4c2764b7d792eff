package palace.it;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// The judges from outside: the scripts in `oracle/`, and the real Chroma and MemPalace they call.
final class Oracle {
  /// The start script of the distribution that is tested.
  static final Path PALACE =
      Path.of(System.getProperty("palace.dist"), "bin", "palace").toAbsolutePath().normalize();

  private static final Path SCRIPTS = Path.of("oracle").toAbsolutePath();

  private Oracle() {}

  /// What a command answered.
  record Answer(int exitCode, String output, String talk) {
    /// {@return everything it said, for a failure's message}
    @Override
    public String toString() {
      return "exit " + exitCode + "\n" + output + talk;
    }
  }

  /// {@return whether the long matrices are wanted}
  static boolean isExhaustive() {
    return Boolean.getBoolean("palace.all");
  }

  /// Skips a test where an environment could not be set up.
  static void assumeEnvironment(String name) {
    assumeTrue(
        Files.exists(python(name)),
        "cannot run here: no environment " + name + "; it-tests/oracle/setup makes it");
  }

  /// {@return the interpreter of a Chroma release or of MemPalace}
  static Path python(String environment) {
    Path cache =
        Optional.ofNullable(System.getenv("PALACE_CHROMA_CACHE"))
            .map(Path::of)
            .orElse(Path.of(System.getProperty("user.home"), ".cache", "palace-chroma"));
    return cache.resolve(environment).resolve("bin").resolve("python");
  }

  /// Runs a script of the oracle.
  static Answer script(String name, String... arguments) throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(SCRIPTS.resolve(name).toString());
    command.addAll(Arrays.asList(arguments));
    return run(command);
  }

  /// Judges a palace with a real Chroma release.
  static Answer judge(String release, Path palace, String... arguments)
      throws IOException, InterruptedException {
    assumeEnvironment(release);
    var command =
        new ArrayList<>(
            List.of(
                python(release).toString(),
                SCRIPTS.resolve("judge.py").toString(),
                palace.toString()));
    command.addAll(Arrays.asList(arguments));
    return run(command);
  }

  /// Runs the program.
  static Answer palace(String... arguments) throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(PALACE.toString());
    command.addAll(Arrays.asList(arguments));
    return run(command);
  }

  private static Answer run(List<String> command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).redirectInput(Path.of("/dev/null").toFile()).start();
    var talk = new StringBuilder();
    Thread reader = Thread.ofVirtual().start(() -> talk.append(drain(process)));
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int exitCode = process.waitFor();
    reader.join();
    return new Answer(exitCode, output, talk.toString());
  }

  private static String drain(Process process) {
    try {
      return new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
