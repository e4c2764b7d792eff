package palace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import palace.common.lock.PalaceLock;

/// A run that is told to stop ends soon, says so by its exit code, and leaves nothing behind; told
/// so while it exchanges palaces, it finishes that and ends as if nobody had said anything.
final class SignalIT {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final int CANCELLED = 130;

  /// Interpreted, and a drawer at a time, a small palace takes seconds.
  private static final Map<String, String> SLOW = Map.of("PALACE_JAVA_OPTS", "-Xint");

  @TempDir private Path temp;
  @TempDir private Path scratch;

  enum Signal {
    HUP(1),
    INT(2),
    TERM(15);

    private final int number;

    Signal(int number) {
      this.number = number;
    }
  }

  @ParameterizedTest
  @EnumSource
  void waitingForAnotherRunEndsWithTheSignal(Signal signal) throws Exception {
    Path palace = new FrozenPalace("0.6.3").unpack(temp);
    try (var lock = PalaceLock.acquire(palace, "another run")) {
      var run =
          new Program(List.of(), scratch)
              .begin("migrate", "--yes", "-v", "--wait", "600", "--palace", palace.toString());
      awaitTalk(run, "named by");

      var result = stop(run, signal);

      assertThat(result.exitCode()).as(result.err()).isEqualTo(CANCELLED);
      assertThat(result.err()).contains("cancelled; nothing was changed");
    }
    assertThat(besides(palace)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void aBuildIsTakenBack(Signal signal) throws Exception {
    Path palace = new FrozenPalace("0.6.3").unpack(temp);
    Map<String, String> before = content(palace);
    var run = slow("migrate", "--palace", palace.toString());
    awaitTalk(run, "build.start");

    var result = stop(run, signal);

    assertThat(result.exitCode()).as(result.err()).isEqualTo(CANCELLED);
    assertThat(result.err()).contains("palace: stopping", "cancelled; nothing was changed");
    assertThat(content(palace)).isEqualTo(before);
    assertThat(besides(palace)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void aRepairIsTakenBack(Signal signal) throws Exception {
    Path palace = damaged();
    Map<String, String> before = content(palace);
    var run = slow("repair", "--palace", palace.toString());
    await(run, () -> Files.isDirectory(palace.resolve(".palace")));

    var result = stop(run, signal);

    assertThat(result.exitCode()).as(result.err()).isEqualTo(CANCELLED);
    assertThat(result.err()).contains("cancelled; nothing was changed");
    assertThat(content(palace)).isEqualTo(before);
    assertThat(new Program(List.of(), scratch).run("status", palace.toString()).exitCode())
        .isZero();
  }

  @ParameterizedTest
  @EnumSource
  void anExchangeIsFinished(Signal signal) throws Exception {
    Path palace = new FrozenPalace("0.6.3").unpack(temp);
    var run = slow("migrate", "--json", "--palace", palace.toString());
    awaitTalk(run, " swap.");

    var result = stop(run, signal);

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).contains("\"outcome\" : \"migrated\"", "\"snapshot\"");
    assertThat(new Program(List.of(), scratch).run("status", palace.toString()).out())
        .contains("1.5.0-1.5.9", "snapshots: 1");
  }

  /// Where names cannot be exchanged there is a moment without a palace; the signal comes then.
  @ParameterizedTest
  @EnumSource
  void betweenTwoRenamesTheSecondIsMadeAllTheSame(Signal signal) throws Exception {
    assumeTrue(
        System.getProperty("os.name").equals("Linux") && BrokenPalace.canBeMade(),
        "cannot run here: Linux and python3 are needed");
    assumeTrue(
        !ignores(ProcessHandle.current().pid(), signal.number),
        "cannot run here: " + signal + " is ignored");
    Path palace = new FrozenPalace("0.6.3").unpack(temp);
    String between = Path.of("oracle", "signal_between.py").toAbsolutePath().toString();
    var program = new Program(List.of(between, palace.toString(), signal.name()), scratch);

    var result =
        program
            .begin(
                Map.of("PALACE_EXCHANGE", "off"),
                "migrate",
                "--yes",
                "-v",
                "--palace",
                palace.toString())
            .await();

    assertThat(result.err()).contains("signal_between: sent", "palace: stopping");
    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(besides(palace)).isEmpty();
    assertThat(new Program(List.of(), scratch).run("status", palace.toString()).out())
        .contains("1.5.0-1.5.9", "snapshots: 1");
  }

  @Test
  void whatOnlyLooksEndsAtOnce() throws Exception {
    Path palace = new FrozenPalace("0.6.3").unpack(temp);
    var run = slow("doctor", "--digest", "--palace", palace.toString());
    awaitTalk(run, "named by");

    var result = stop(run, Signal.TERM);

    assertThat(result.exitCode()).as(result.err()).isEqualTo(CANCELLED);
    assertThat(besides(palace)).isEmpty();
  }

  private Program.Running slow(String... verb) throws IOException {
    var words = new ArrayList<>(List.of(verb));
    words.add("-v");
    if (!words.getFirst().equals("doctor")) {
      words.addAll(List.of("--yes", "--batch-size", "1"));
    }
    return new Program(List.of(), scratch).begin(SLOW, words.toArray(String[]::new));
  }

  private Path damaged() throws IOException {
    Path palace = new FrozenPalace("1.5.9").unpack(temp);
    try (Stream<Path> paths = Files.walk(palace)) {
      for (Path file : paths.filter(path -> path.endsWith("link_lists.bin")).toList()) {
        Files.delete(file);
      }
    }
    return palace;
  }

  private static Program.Result stop(Program.Running run, Signal signal) throws Exception {
    assumeTrue(
        !ignores(run.process().pid(), signal.number), "cannot run here: " + signal + " is ignored");
    Instant sent = Instant.now();
    String pid = String.valueOf(run.process().pid());
    new ProcessBuilder("kill", "-" + signal, pid).start().waitFor();
    var result = run.await();
    assertThat(Duration.between(sent, Instant.now())).isLessThan(SOON);
    return result;
  }

  /// {@return what lies beside the palace, but for an ops folder and what an undone run may leave
  /// in it}
  private List<String> besides(Path palace) throws IOException {
    try (Stream<Path> paths = Files.list(temp)) {
      return paths
          .filter(path -> !path.equals(palace) && !path.toString().endsWith(".json.gz"))
          .map(path -> path.getFileName().toString())
          .filter(name -> !name.equals(palace.getFileName() + ".ops"))
          .toList();
    }
  }

  private static Map<String, String> content(Path palace) throws IOException {
    var content = new TreeMap<String, String>();
    try (Stream<Path> paths = Files.walk(palace)) {
      for (Path path : paths.toList()) {
        String name = palace.relativize(path).toString();
        content.put(name, Files.isDirectory(path) ? "directory" : digest(path));
      }
    }
    return content;
  }

  private static String digest(Path file) throws IOException {
    return Arrays.hashCode(Files.readAllBytes(file)) + " " + Files.size(file);
  }

  @FunctionalInterface
  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void awaitTalk(Program.Running run, String text) throws Exception {
    await(run, () -> Files.readString(run.err()).contains(text));
  }

  private static void await(Program.Running run, Condition condition) throws Exception {
    while (!condition.holds()) {
      assertThat(run.process().isAlive()).as(Files.readString(run.err())).isTrue();
      Thread.sleep(5);
    }
  }

  /// A shell without job control lets what it starts in the background ignore interrupts.
  private static boolean ignores(long pid, int signal) throws IOException {
    Path status = Path.of("/proc", String.valueOf(pid), "status");
    String mask =
        Files.readAllLines(status).stream()
            .filter(line -> line.startsWith("SigIgn:"))
            .map(line -> line.substring("SigIgn:".length()).strip())
            .findFirst()
            .orElse("0");
    return (Long.parseUnsignedLong(mask, 16) >> (signal - 1) & 1) == 1;
  }
}
