package palace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import palace.common.lock.PalaceLock;

/// A run that is told to stop ends soon, says so by its exit code, and leaves nothing behind.
final class SignalIT {
  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir private Path temp;
  @TempDir private Path scratch;

  @ParameterizedTest
  @CsvSource({"INT,2,130", "TERM,15,143"})
  void waitingForAnotherRunEndsWithTheSignal(String signal, int number, int exitCode)
      throws Exception {
    Path palace = new FrozenPalace("0.6.3").unpack(temp);
    try (var lock = PalaceLock.acquire(palace, "another run")) {
      var run =
          new Program(List.of(), scratch)
              .begin("migrate", "--yes", "-v", "--wait", "600", "--palace", palace.toString());
      awaitTalk(run, "named by");
      assumeTrue(!ignores(run, number), "cannot run here: " + signal + " is ignored");
      Instant sent = Instant.now();

      new ProcessBuilder("kill", "-" + signal, String.valueOf(run.process().pid()))
          .start()
          .waitFor();

      assertThat(run.await().exitCode()).isEqualTo(exitCode);
      assertThat(Duration.between(sent, Instant.now())).isLessThan(SOON);
    }
    assertThat(temp).isDirectoryNotContaining(path -> path.toString().contains(".build-"));
  }

  private static void awaitTalk(Program.Running run, String text) throws Exception {
    while (!Files.readString(run.err()).contains(text)) {
      assertThat(run.process().isAlive()).as(Files.readString(run.err())).isTrue();
      Thread.sleep(20);
    }
  }

  /// A shell without job control lets what it starts in the background ignore interrupts.
  private static boolean ignores(Program.Running run, int signal) throws IOException {
    Path status = Path.of("/proc", String.valueOf(run.process().pid()), "status");
    String mask =
        Files.readAllLines(status).stream()
            .filter(line -> line.startsWith("SigIgn:"))
            .map(line -> line.substring("SigIgn:".length()).strip())
            .findFirst()
            .orElse("0");
    return (Long.parseUnsignedLong(mask, 16) >> (signal - 1) & 1) == 1;
  }
}
