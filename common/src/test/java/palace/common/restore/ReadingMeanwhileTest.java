package palace.common.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import palace.common.Progress;
import palace.common.RunId;
import palace.common.chroma.ChromaDatabase;
import palace.common.files.FaultyFileOps;
import palace.common.lock.PalaceLock;
import palace.common.snapshot.Snapshot;
import palace.common.swap.MoveJournal;
import palace.common.swap.Occasion;
import palace.common.swap.PalacePaths;
import palace.common.swap.PalaceSwap;

/// Whoever reads a palace while another one takes its place sees the one or the other.
final class ReadingMeanwhileTest {
  private static final Path PYTHON = Path.of("/usr/bin/python3");

  /// Answers each line with what it sees: the rows, the schema, and for each vector segment whether
  /// its index is there. `keep` looks through a connection that stays open from then on.
  private static final String READER =
      """
      import hashlib, os, sqlite3, sys
      palace, kept = sys.argv[1], None

      def connect():
          return sqlite3.connect("file:" + palace + "/chroma.sqlite3?mode=ro", uri=True)

      def look(connection, segments):
          rows = connection.execute(
              "SELECT e.id, e.embedding_id, m.key, m.string_value FROM embeddings e"
              " LEFT JOIN embedding_metadata m ON m.id = e.id ORDER BY 1, 3").fetchall()
          level = connection.execute("SELECT count(*) FROM migrations").fetchone()
          names = connection.execute("SELECT id FROM segments WHERE scope = 'VECTOR' ORDER BY 1").fetchall()
          there = [os.path.exists(palace + "/" + name + "/header.bin") for name, in names] if segments else ""
          return hashlib.sha256(repr((rows, level, there)).encode()).hexdigest()

      for line in sys.stdin:
          try:
              if line == "keep\\n":
                  kept = connect()
              connection = kept or connect()
              print(look(connection, kept is None), flush=True)
              if kept is None:
                  connection.close()
          except sqlite3.Error as e:
              print("no palace" if not os.path.exists(palace) else repr(e), flush=True)
      """;

  @TempDir Path parent;
  private Path palace;
  private Process process;
  private BufferedReader answers;
  private BufferedWriter questions;

  @BeforeEach
  void palaceAndReader() throws IOException {
    assumeTrue(Files.exists(PYTHON), "cannot run here: python3 is missing");
    palace = FrozenPalace.unpack("1.5.0", parent.resolve("palace"));
    startReader();
  }

  private void startReader() throws IOException {
    process =
        new ProcessBuilder(PYTHON.toString(), "-u", "-c", READER, palace.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    answers = process.inputReader();
    questions = process.outputWriter();
  }

  @AfterEach
  void end() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  private String ask(String question) throws IOException {
    questions.write(question + "\n");
    questions.flush();
    return String.valueOf(answers.readLine());
  }

  private String look() throws IOException {
    return ask("look");
  }

  private static void change(Path palace) throws IOException {
    try (ChromaDatabase database =
        ChromaDatabase.openForWriting(palace.resolve("chroma.sqlite3"))) {
      database.execute("UPDATE embedding_metadata SET string_value = 'changed' WHERE id = 1");
      database.execute("DELETE FROM embeddings WHERE id = (SELECT max(id) FROM embeddings)");
    }
  }

  @ParameterizedTest
  @CsvSource({"ASIDE,true", "ASIDE,false", "FULL,true", "FULL,false", "DATABASE,true"})
  void atEveryStepOfARestoreItIsTheOneOrTheOther(Snapshot.Scope scope, boolean exchange)
      throws IOException {
    String then = look();
    RunId id = snapshot(scope);
    String today = look();
    assertThat(today).isNotEqualTo(then).hasSize(64);
    Set<String> seen = new LinkedHashSet<>();
    var watched =
        new FaultyFileOps((step, real) -> {
          seen.add(look());
          real.run();
          seen.add(look());
        });

    new Restore(Progress.SILENT, Clock.systemUTC(), exchange ? watched : watched.withoutExchange())
        .restore(RestoreRequest.of(palace, id.value(), "0.2.0"));

    assertThat(watched.steps()).hasSizeGreaterThan(10);
    assertThat(look()).isEqualTo(then);
    assertThat(seen)
        .containsExactlyElementsOf(
            exchange ? List.of(today, then) : List.of(today, "no palace", then));
  }

  private RunId snapshot(Snapshot.Scope scope) throws IOException {
    if (scope == Snapshot.Scope.ASIDE) {
      RunId run = displace();
      try (var lock = PalaceLock.acquire(palace, "recover")) {
        Recovery.settle(lock, palace, Direction.FORWARD, "0.2.0");
      }
      return run;
    }
    var request = new TakeSnapshot.Request(palace, scope, Duration.ZERO, "0.2.0");
    RunId id = new TakeSnapshot(Progress.SILENT).take(request).id();
    change(palace);
    return id;
  }

  /// Lets another palace take the place of this one, and gives the run that did.
  private RunId displace() throws IOException {
    var run = new RunId("20261101T000000Z-aaaaaa");
    var paths = PalacePaths.of(palace, run);
    FrozenPalace.unpack("1.5.9", paths.build());
    var occasion = new Occasion(run, "migrate", Instant.parse("2026-11-01T00:00:00Z"), "0.2.0");
    PalaceSwap.onDisk().publish(paths.build(), paths, occasion, MoveJournal.Purpose.migrate());
    return run;
  }

  @Test
  void aConnectionThatStaysOpenGoesOnSeeingTheOldPalace() throws Exception {
    String old = look();
    String kept = ask("keep");
    assertThat(kept).hasSize(64);

    displace();

    assertThat(look()).isEqualTo(kept);
    end();
    startReader();
    assertThat(look()).hasSize(64).isNotEqualTo(old);
  }
}
