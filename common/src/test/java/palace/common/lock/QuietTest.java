package palace.common.lock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import palace.common.PalaceException;
import palace.common.files.LockTable;
import palace.common.files.RunningProcess;
import palace.common.files.Sha256;

final class QuietTest {
  private static final String OPEN =
      """
      import sys
      file = open(sys.argv[1], "rb")
      print("open")
      sys.stdin.readline()
      file.close()
      print("closed")
      sys.stdin.readline()
      """;

  @TempDir Path directory;
  private Path home;
  private Path palace;

  @BeforeEach
  void places() throws IOException {
    home = Files.createDirectories(Path.of(System.getenv("HOME"))).toRealPath();
    palace = Files.createDirectory(directory.resolve("my palace")).toRealPath();
    Files.writeString(palace.resolve("chroma.sqlite3"), "x");
  }

  /// `first 24 hex of sha256(normcase(abspath(realpath)))`, as MemPalace's server_registry.py and
  /// daemon.py compute it.
  private String key() {
    return Sha256.of(palace.toString().getBytes(StandardCharsets.UTF_8)).substring(0, 24);
  }

  private Path note(Path root, String relative, String content) throws IOException {
    Path note = root.resolve(relative);
    Files.createDirectories(note.getParent());
    return Files.writeString(note, content);
  }

  @Test
  void anOpenFileIsProofThatForceDoesNotOverride() throws Exception {
    try (var reader = Python.run(OPEN, palace.resolve("chroma.sqlite3"));
        var lock = PalaceLock.acquire(palace, "migrate")) {
      assertThat(reader.answer()).isEqualTo("open");
      for (boolean force : new boolean[] {false, true}) {
        assertThatThrownBy(() -> lock.requireQuiet(force))
            .isInstanceOfSatisfying(
                PalaceException.Busy.class,
                e -> {
                  assertThat(e)
                      .hasMessageContaining("process " + reader.pid())
                      .hasMessageContaining("chroma.sqlite3");
                  assertThat(e.hint()).contains("kill " + reader.pid());
                });
      }
      reader.tell("close");
      assertThat(reader.answer()).isEqualTo("closed");
      assertThat(lock.requireQuiet(false).warnings()).isEmpty();
    }
  }

  @Test
  void aReaderThatLeavesIsWaitedFor() throws Exception {
    try (var reader = Python.run(OPEN, palace.resolve("chroma.sqlite3"));
        var lock = PalaceLock.acquire(palace, "migrate", Duration.ofSeconds(20))) {
      assertThat(reader.answer()).isEqualTo("open");
      reader.tell("close");
      assertThat(lock.requireQuiet(false).warnings()).isEmpty();
    }
  }

  @Test
  void everyDatabaseOfThePalaceIsWatched() throws Exception {
    for (String name : List.of("knowledge_graph.sqlite3-wal", "logstream.sqlite3")) {
      Path file = Files.writeString(palace.resolve(name), "x");
      try (var reader = Python.run(OPEN, file);
          var lock = PalaceLock.acquire(palace, "migrate")) {
        assertThat(reader.answer()).isEqualTo("open");
        assertThatThrownBy(() -> lock.requireQuiet(true))
            .isInstanceOf(PalaceException.Busy.class)
            .hasMessageContaining(name);
      }
    }
  }

  @Test
  void theNoteOfARunningServerRefusesAndForceGoesOnWithAWarning() throws Exception {
    Path note =
        note(
            home,
            ".mempalace/server/" + key() + "/serverinfo.json",
            "{\"port\": 8765, \"pid\": " + ProcessHandle.current().pid() + "}\n");
    try (var lock = PalaceLock.acquire(palace, "migrate")) {
      assertThatThrownBy(() -> lock.requireQuiet(false))
          .isInstanceOfSatisfying(
              PalaceException.Refused.class,
              e -> {
                assertThat(e)
                    .hasMessageContaining(note.toString())
                    .hasMessageContaining("process " + ProcessHandle.current().pid());
                assertThat(e.hint()).contains("--force");
              });
      assertThat(lock.requireQuiet(true).warnings())
          .singleElement()
          .asString()
          .contains(note.toString());
    }
  }

  @Test
  void theNoteOfADaemonThatDoesNotRunHereRefusesToo() throws Exception {
    note(home, ".mempalace/daemon/" + key() + "/pid", "999999999\n");
    try (var lock = PalaceLock.acquire(palace, "migrate")) {
      assertThatThrownBy(() -> lock.requireQuiet(false))
          .isInstanceOf(PalaceException.Refused.class)
          .hasMessageContaining("process 999999999, which does not run here");
      assertThat(lock.requireQuiet(true).warnings()).hasSize(1);
    }
  }

  @Test
  void aProcessThatEndedAndThatNobodyAskedAboutDoesNotRun() throws Exception {
    String leaveAChild =
        """
        import subprocess, sys, time
        child = subprocess.Popen(["true"])
        while open(f"/proc/{child.pid}/stat").read().split(") ")[1][0] != "Z":
            time.sleep(0.01)
        print(child.pid)
        sys.stdin.readline()
        """;
    try (var parent = Python.run(leaveAChild)) {
      long child = Long.parseLong(parent.answer());
      assertThat(RunningProcess.isAlive(child)).isFalse();
      assertThat(RunningProcess.isAlive(parent.pid())).isTrue();
      assertThat(RunningProcess.isAlive(-1)).isFalse();
    }
  }

  @Test
  void notesOfOtherPalacesDoNotCountAndTheDaemonsOwnFolderDoes() throws Exception {
    var homes = Homes.of(Map.of("HOME", directory.toString()), directory, Optional.empty());
    note(directory, ".mempalace/server/0123456789abcdef01234567/serverinfo.json", "{\"pid\": 1}");
    note(directory, ".mempalace/daemon/0123456789abcdef01234567/pid", "1");
    assertThat(WeakSigns.of(homes, Map.of(), palace)).isEmpty();
    note(directory, "elsewhere/" + key() + "/pid", "1");
    var environment =
        Map.of("MEMPALACE_DAEMON_STATE_ROOT", directory.resolve("elsewhere").toString());
    assertThat(WeakSigns.of(homes, environment, palace)).hasSize(1);
  }

  @Test
  void aMineThatAHookStartedCountsWhileItRuns() throws Exception {
    var homes = Homes.of(Map.of("HOME", directory.toString()), directory, Optional.empty());
    Path notes = directory.resolve(".mempalace/hook_state/mine_pids");
    note(notes, "mine_0123456789abcdef.pid", ProcessHandle.current().pid() + " 1760000000");
    note(notes, "mine_1123456789abcdef.pid", "999999999 1760000000");
    note(notes, "mine_2123456789abcdef.pid", "garbage");
    assertThat(WeakSigns.of(homes, Map.of(), palace)).isEmpty();
    try (var mine = Python.run("print(1); import sys; sys.stdin.readline()", "mempalace", "mine")) {
      mine.answer();
      note(notes, "mine_3123456789abcdef.pid", mine.pid() + " 1760000000");
      assertThat(WeakSigns.of(homes, Map.of(), palace))
          .singleElement()
          .asString()
          .contains("process " + mine.pid());
    }
  }

  @Test
  void aNoteThatIsNoNoteIsASignStill() throws Exception {
    var homes = Homes.of(Map.of("HOME", directory.toString()), directory, Optional.empty());
    Path note = note(directory, ".mempalace/server/" + key() + "/serverinfo.json", "{\"pid\": [");
    assertThat(WeakSigns.of(homes, Map.of(), palace)).singleElement().asString().contains("-1");
    Files.delete(note);
    Files.createDirectory(note);
    assertThat(WeakSigns.of(homes, Map.of(), palace))
        .singleElement()
        .asString()
        .contains("cannot be read");
  }

  @Test
  void theTableOfLocksSaysWhoHoldsAFile() throws Exception {
    String lock =
        """
        import fcntl, os, sys
        file = open(sys.argv[1], "r+b")
        fcntl.lockf(file, fcntl.LOCK_EX)
        print("locked")
        sys.stdin.readline()
        """;
    try (var holder = Python.run(lock, palace.resolve("chroma.sqlite3"))) {
      holder.answer();
      assertThat(LockTable.of(palace.resolve("chroma.sqlite3")))
          .singleElement()
          .satisfies(held -> {
            assertThat(held.pid()).isEqualTo(holder.pid());
            assertThat(held.exclusive()).isTrue();
            assertThat(held.kind()).isEqualTo("POSIX");
            assertThat(held.covers(1L << 40)).isTrue();
          });
    }
    assertThat(LockTable.of(palace.resolve("missing"))).isEmpty();
  }

  @Test
  void aProcessThatKnowsTheFileByAnotherNameBetraysItselfByItsLock() throws Exception {
    String lock =
        """
        import fcntl, sys
        file = open(sys.argv[1], "rb")
        fcntl.lockf(file, fcntl.LOCK_SH)
        print("locked")
        sys.stdin.readline()
        """;
    Path alias = directory.resolve("another name");
    Files.createLink(alias, palace.resolve("chroma.sqlite3"));
    try (var holder = Python.run(lock, alias)) {
      holder.answer();
      assertThat(OpenHandles.scan(palace).handles())
          .singleElement()
          .satisfies(handle -> {
            assertThat(handle.pid()).isEqualTo(holder.pid());
            assertThat(handle.file()).isEqualTo(palace.resolve("chroma.sqlite3"));
          });
    }
  }

  @Test
  void whereThereIsNoProcTheProgramLsofIsAsked() throws Exception {
    assertThat(Lsof.parse("p4711\nf3\nn/p/chroma.sqlite3\nf4\nn/p/chroma.sqlite3\np-\nx\n"))
        .containsExactly(new OpenHandles.Handle(4711, "", Path.of("/p/chroma.sqlite3")));
    assertThat(Lsof.scan(List.of()).orElse(List.of())).isEmpty();
    assumeTrue(Files.exists(Path.of("/usr/bin/lsof")), "cannot run here: lsof is missing");
    Path database = palace.resolve("chroma.sqlite3");
    assertThat(Lsof.scan(List.of(database)).orElseThrow()).isEmpty();
    try (var reader = Python.run(OPEN, database);
        var own = Files.newInputStream(database)) {
      assertThat(reader.answer()).isEqualTo("open");
      assertThat(Lsof.scan(List.of(database)).orElseThrow())
          .singleElement()
          .satisfies(handle -> {
            assertThat(handle.pid()).isEqualTo(reader.pid());
            assertThat(handle.file()).isEqualTo(database);
            assertThat(handle.command()).contains("python3");
          });
      assertThat(own.read()).isEqualTo('x');
    }
  }

  @Test
  void aFolderThatMayNotBeWrittenIsToldInWords() {
    Path ops = directory.resolve("my palace.ops");
    assertThat(InUse.noFolder(palace, ops, new AccessDeniedException(ops.toString())))
        .hasMessage(
            "cannot write to %s, where the lock, the journal and the snapshots of %s are kept: permission denied; nothing was changed"
                .formatted(ops, palace));
  }

  @Test
  void aFileInThePlaceOfTheOpsFolderRefuses() throws Exception {
    Path ops = Files.writeString(directory.resolve("my palace.ops"), "mine");
    assertThatThrownBy(() -> PalaceLock.acquire(palace, "migrate"))
        .isInstanceOf(PalaceException.Refused.class)
        .hasMessageContaining(ops.toString());
    assertThat(ops).hasContent("mine");
  }
}
