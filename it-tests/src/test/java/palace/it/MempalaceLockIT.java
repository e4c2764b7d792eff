package palace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import palace.common.PalaceException;
import palace.common.lock.PalaceLock;

/// The real MemPalace and we keep out of each other's way: whoever holds the palace is named by the
/// one that comes second, and nothing is changed.
class MempalaceLockIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path HOME = Path.of(System.getenv("HOME"));

  @TempDir static Path directory;
  private static Path mined;
  private Path palace;

  /// A MemPalace that keeps the palace, started by the script `hold_mempalace`.
  private record Holder(Process process, BufferedReader answers, long pid)
      implements AutoCloseable {
    static Holder start(Path palace, String how) throws IOException {
      var process =
          new ProcessBuilder(
                  Path.of("oracle", "hold_mempalace").toAbsolutePath().toString(),
                  palace.toString(),
                  HOME.toString(),
                  how)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      BufferedReader answers = process.inputReader();
      return new Holder(process, answers, answer(answers).path("pid").asLong());
    }

    private static JsonNode answer(BufferedReader answers) throws IOException {
      String line = answers.readLine();
      assertThat(line).as("an answer of hold_mempalace").isNotNull();
      return JSON.readTree(line);
    }

    /// Ends MemPalace as its host would, by the end of its input.
    void end() throws IOException {
      process.getOutputStream().close();
      assertThat(answer(answers).path("ended").asInt(-1)).isZero();
    }

    @Override
    public void close() throws InterruptedException {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().waitFor();
    }
  }

  @BeforeAll
  static void mine() throws Exception {
    Oracle.assumeEnvironment("mempalace-3.11.0");
    Files.createDirectories(HOME);
    mined = directory.resolve("mined").resolve("palace");
    Oracle.script("mine_palace", mined.toString(), "--files", "3");
    assertThat(mined.resolve("chroma.sqlite3")).isNotEmptyFile();
  }

  @BeforeEach
  void copy(TestInfo test) throws Exception {
    Path target =
        Files.createDirectory(directory.resolve(test.getTestMethod().orElseThrow().getName()));
    try (Stream<Path> paths = Files.walk(mined)) {
      for (Path path : paths.toList()) {
        Files.copy(path, target.resolve(mined.getParent().relativize(path).toString()));
      }
    }
    palace = target.resolve("palace").toRealPath();
  }

  @Test
  void aServerThatHasWrittenIsNamedAndWaitedFor() throws Exception {
    try (var holder = Holder.start(palace, "write")) {
      for (String verb : List.of("migrate", "repair")) {
        var answer = Oracle.palace(verb, "--yes", "--palace", palace.toString());

        assertThat(answer.exitCode()).as("%s", answer).isEqualTo(6);
        assertThat(answer.talk())
            .contains("process " + holder.pid())
            .contains("mempalace.mcp_server")
            .contains("holds its lock")
            .contains("kill " + holder.pid())
            .contains("nothing was changed");
      }
      var waiting =
          CompletableFuture.supplyAsync(
              () -> palace("migrate", "--yes", "--wait", "120", "--palace", palace.toString()));
      holder.end();
      assertThat(waiting.get().exitCode()).as("%s", waiting.get()).isZero();
    }
  }

  @Test
  void aServerThatOnlyReadsIsFoundByWhatItHasOpen() throws Exception {
    try (var holder = Holder.start(palace, "read")) {
      var answer = Oracle.palace("migrate", "--yes", "--palace", palace.toString());

      assertThat(answer.exitCode()).as("%s", answer).isEqualTo(6);
      assertThat(answer.talk())
          .contains("is open in process " + holder.pid())
          .contains("mempalace.mcp_server");
      try (var lock = PalaceLock.acquire(palace, "migrate")) {
        assertThatThrownBy(() -> lock.requireQuiet(true))
            .isInstanceOf(PalaceException.Busy.class)
            .hasMessageContaining("is open in process " + holder.pid())
            .hasMessageContaining("): chroma.sqlite3");
      }
      holder.end();
    }
    var answer = Oracle.palace("migrate", "--yes", "--palace", palace.toString());
    assertThat(answer.exitCode()).as("%s", answer).isZero();
  }

  @Test
  void whileWeHoldThePalaceEveryWriterOfMempalaceIsRefused() throws Exception {
    byte[] before = Files.readAllBytes(palace.resolve("chroma.sqlite3"));
    try (var lock = PalaceLock.acquire(palace, "migrate")) {
      lock.requireQuiet(false);

      var answer = Oracle.script("hold_mempalace", palace.toString(), HOME.toString(), "try");

      assertThat(answer.exitCode()).as("%s", answer).isZero();
      JsonNode tried = JSON.readTree(answer.output());
      for (String writer : List.of("mine", "repair", "add_drawer")) {
        assertThat(tried.path(writer).path("refused").asBoolean()).as("%s", tried).isTrue();
        assertThat(tried.path(writer).path("said").asText())
            .contains("PID " + ProcessHandle.current().pid() + " (palace migrate)");
      }
    }
    assertThat(palace.resolve("chroma.sqlite3")).hasBinaryContent(before);
  }

  @Test
  void theNoteOfAnHttpServerThatWasKilledRefusesUnlessItIsForced() throws Exception {
    try (var holder = Holder.start(palace, "serve")) {
      assertThatThrownBy(() -> PalaceLock.acquire(palace, "migrate").close())
          .isInstanceOf(PalaceException.Busy.class)
          .hasMessageContaining("process " + holder.pid());
      ProcessHandle.of(holder.pid()).orElseThrow().destroyForcibly();
    }
    try (var lock = PalaceLock.acquire(palace, "migrate", Duration.ofSeconds(60))) {
      assertThatThrownBy(() -> lock.requireQuiet(false))
          .isInstanceOf(PalaceException.Refused.class)
          .hasMessageContaining("serverinfo.json")
          .hasMessageContaining("does not run here");
      assertThat(lock.requireQuiet(true).warnings()).hasSize(1);
    }
  }

  private static Oracle.Answer palace(String... arguments) {
    try {
      return Oracle.palace(arguments);
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
