package palace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A command that is killed, refused or cut off from power at any of its system calls leaves the
/// old palace or the new one, at once or after the next `palace` command, and never neither. The
/// judge is `crash/matrix`, which knows nothing of the program but its exit codes and reads the
/// palace itself.
@Execution(ExecutionMode.CONCURRENT)
final class CrashMatrixIT {
  private static final Path MATRIX = Path.of("crash", "matrix").toAbsolutePath();
  private static final long PATIENCE_MINUTES = 30;

  /// Every call of every mode takes hours: `--all` only.
  private static final List<String> SAMPLE =
      List.of("kill=10", "errors=4", "sticky=3", "nested=1", "powercut=3");

  @TempDir private Path temp;

  static Stream<String> commands() {
    var usual = Stream.of("migrate", "migrate-two-renames", "repair", "restore");
    var rest =
        Stream.of(
            "migrate-confined",
            "rescue",
            "rescue-two-renames",
            "restore-two-renames",
            "restore-confined",
            "restore-db",
            "restore-full");
    return Oracle.isExhaustive() ? Stream.concat(usual, rest) : usual;
  }

  @ParameterizedTest
  @MethodSource("commands")
  void nothingIsLostAtAnyCall(String command) throws Exception {
    assumeTracing();

    requireNoFailure(matrix(command, options()));
  }

  /// SQLite ends a whole transaction for one page that it cannot write, and calls one failed that
  /// is in the file already.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "^pwrite64 palace/chroma.sqlite3-journal$",
        "^(fsync|unlink) palace/chroma.sqlite3(-journal)?$"
      })
  void aTransactionThatFailsIsUndoneWhereverItFails(String calls) throws Exception {
    assumeTracing();

    requireNoFailure(
        matrix("repair", List.of("--modes", "errors=8", "--errors", "EIO", "--events", calls)));
  }

  private static void requireNoFailure(Oracle.Answer answer) {
    assertThat(answer.exitCode()).as("%s", answer).isZero();
    assertThat(answer.output()).contains(" 0 failed, 0 not tried").doesNotContain("\n0 points");
  }

  private static List<String> options() throws IOException, InterruptedException {
    return Oracle.isExhaustive()
        ? List.of()
        : List.of("--modes", String.join(",", modes()), "--errors", "EIO", "--fs", "ext4");
  }

  private Oracle.Answer matrix(String command, List<String> options)
      throws IOException, InterruptedException {
    var line = new ArrayList<>(List.of(MATRIX.toString(), command));
    line.addAll(List.of("--palace-cmd", Oracle.PALACE.toString(), "--jobs", "1"));
    line.addAll(options);
    Path out = Files.createTempFile(temp, "out", "");
    Process process =
        new ProcessBuilder(line)
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    boolean ended = Oracle.isExhaustive() || process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES);
    if (!ended) {
      process.destroy();
    }
    int exitCode = process.waitFor();
    return new Oracle.Answer(exitCode, Files.readString(out, StandardCharsets.UTF_8), "");
  }

  private static List<String> modes() throws IOException, InterruptedException {
    boolean canCutPower = canCutPower();
    return SAMPLE.stream().filter(mode -> canCutPower || !mode.startsWith("powercut")).toList();
  }

  private static void assumeTracing() throws IOException, InterruptedException {
    String machine = System.getProperty("os.name") + " " + System.getProperty("os.arch");
    assumeTrue(
        machine.toLowerCase(Locale.ROOT).matches("linux (amd64|x86_64)"),
        "cannot run here: system calls are counted on Linux on x86-64 only");
    assumeTrue(BrokenPalace.canBeMade(), "cannot run here: python3 is missing");
  }

  /// Power cuts need a loop device and a mount.
  private static boolean canCutPower() throws IOException, InterruptedException {
    return Files.exists(Path.of("/dev/loop-control")) && OddPlacesIT.canMount();
  }
}
