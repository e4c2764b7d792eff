package palace.repair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import palace.common.Progress;
import palace.common.files.FileOps;

/// Another process asks for the write lock of the database all through a repair.
class WriteLockTest {
  private static final int ATTEMPTS_PER_STEP = 5;

  /// Appends a letter for every attempt: `l` when it was locked, `W` when it could write.
  private static final String PROBE =
      """
      import os, sqlite3, sys, time
      database, log = sys.argv[1:]
      with open(log, "a", buffering=1) as out:
          while os.path.exists(log):
              connection = sqlite3.connect(f"file:{database}?mode=rw", uri=True, timeout=0)
              try:
                  connection.isolation_level = None
                  connection.execute("BEGIN IMMEDIATE")
                  connection.execute("ROLLBACK")
                  out.write("W")
              except sqlite3.OperationalError as e:
                  out.write("l" if "locked" in str(e) else "?")
              finally:
                  connection.close()
              out.flush()
              time.sleep(0.01)
      """;

  @TempDir Path folder;

  @Test
  void nobodyElseCanWriteFromTheExaminationToTheEnd() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/python3")), "cannot run here: no python3");
    SamplePalace palace = SamplePalace.in(folder);
    palace.breakEntryPoint();
    palace.emptyFullText();
    Path log = folder.resolve("attempts");
    var probe = new Probe(palace.database(), log);
    var seen = new ArrayList<String>();
    var repair =
        new Repair(
            Progress.SILENT,
            FileOps.real(),
            Clock.systemUTC(),
            step -> {
              probe.awaitMore();
              seen.add(Files.readString(log));
            });

    repair.run(RepairRequest.of(palace.directory(), "test"));
    probe.awaitMore();
    String after = Files.readString(log);
    probe.end();

    assertThat(seen.getLast())
        .hasSizeGreaterThanOrEqualTo(ATTEMPTS_PER_STEP * Step.values().length)
        .matches("l+");
    assertThat(after).endsWith("W");
  }

  /// The other process; it starts when it is first asked for.
  private static final class Probe {
    private final Path database;
    private final Path log;
    private Process process;

    Probe(Path database, Path log) {
      this.database = database;
      this.log = log;
    }

    void awaitMore() throws IOException {
      if (process == null) {
        Files.createFile(log);
        process =
            new ProcessBuilder(
                    List.of("/usr/bin/python3", "-c", PROBE, database.toString(), log.toString()))
                .inheritIO()
                .start();
      }
      long wanted = Files.size(log) + ATTEMPTS_PER_STEP;
      while (Files.size(log) < wanted) {
        assertThat(process.isAlive()).isTrue();
        try {
          Thread.sleep(10);
        } catch (InterruptedException e) {
          throw new IOException(e);
        }
      }
    }

    void end() throws Exception {
      Files.delete(log);
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
  }
}
