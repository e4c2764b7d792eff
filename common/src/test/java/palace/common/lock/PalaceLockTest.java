package palace.common.lock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import palace.common.PalaceException;

final class PalaceLockTest {
  @TempDir Path parent;
  private Path palace;
  private Path ops;

  @BeforeEach
  void palace() throws IOException {
    palace = Files.createDirectory(parent.resolve("my palace"));
    ops = parent.resolve("my palace.ops");
  }

  @Test
  void aSecondTakerInThisProcessIsToldWhoHoldsIt() throws IOException {
    try (var lock = PalaceLock.acquire(palace, "migrate")) {
      assertThat(Files.getPosixFilePermissions(ops))
          .isEqualTo(PosixFilePermissions.fromString("rwx------"));
      assertThat(PalaceLock.holder(palace).orElseThrow().command()).isEqualTo("migrate");
      assertThatThrownBy(() -> PalaceLock.acquire(palace, "repair"))
          .isInstanceOf(PalaceException.Busy.class)
          .hasMessageContaining("process " + ProcessHandle.current().pid())
          .hasMessageContaining("migrate");
    }
    assertThat(PalaceLock.holder(palace)).isEmpty();
    PalaceLock.acquire(palace, "repair").close();
  }

  @Test
  void aLockFileThatCannotBeTidiedFailsNothingAndIsFree() throws Exception {
    var lock = PalaceLock.acquire(palace, "migrate");
    Files.createFile(ops.resolve("kept"));
    Path file = ops.resolve("lock");
    assumeTrue(attribute("+a", file) == 0, "cannot run here: chattr +a is refused");
    try {
      lock.close();
      assertThat(file).isNotEmptyFile();
    } finally {
      assertThat(attribute("-a", file)).isZero();
    }
    PalaceLock.acquire(palace, "repair").close();
  }

  private static int attribute(String change, Path file) throws IOException, InterruptedException {
    return new ProcessBuilder("chattr", change, file.toString()).start().waitFor();
  }

  @Test
  void askingWhoHoldsItDoesNotLoseTheLockToOthers() throws Exception {
    try (var lock = PalaceLock.acquire(palace, "migrate")) {
      PalaceLock.holder(palace);
      assertThatThrownBy(() -> PalaceLock.acquire(palace, "repair"))
          .isInstanceOf(PalaceException.Busy.class);
      assertThatThrownBy(() -> LockedElsewhere.start(palace))
          .hasMessage("the other process did not get the lock");
    }
  }

  @Test
  void anotherProcessIsNamedAndItsDeathFreesThePalace() throws Exception {
    var other = LockedElsewhere.start(palace);
    try {
      assertThat(PalaceLock.holder(palace).orElseThrow().pid()).isEqualTo(other.pid());
      assertThatThrownBy(() -> PalaceLock.acquire(palace, "migrate"))
          .isInstanceOf(PalaceException.Busy.class)
          .hasMessageContaining("process " + other.pid())
          .hasMessageContaining("repair");
    } finally {
      other.destroyForcibly().waitFor();
    }
    assertThat(PalaceLock.holder(palace)).isEmpty();
    PalaceLock.acquire(palace, "migrate").close();
  }

  @Test
  void waitingIsLongEnoughForAHolderThatLeaves() throws Exception {
    var other = LockedElsewhere.start(palace);
    other.getOutputStream().close();
    try (var lock = PalaceLock.acquire(palace, "migrate", Duration.ofSeconds(20))) {
      assertThat(PalaceLock.holder(palace).orElseThrow().pid())
          .isEqualTo(ProcessHandle.current().pid());
    }
  }

  @Test
  void aFolderMadeForTheLockAloneIsRemovedAndAnyOtherKept() throws IOException {
    PalaceLock.acquire(palace, "migrate").close();
    assertThat(ops).doesNotExist();
    try (var lock = PalaceLock.acquire(palace, "migrate")) {
      Files.writeString(ops.resolve("history.jsonl"), "");
    }
    assertThat(ops.resolve("lock")).isEmptyFile();
    PalaceLock.acquire(palace, "migrate").close();
    assertThat(ops.resolve("lock")).isEmptyFile();
  }

  @Test
  void askingWhoHoldsAPalaceWritesNothing() throws IOException {
    assertThat(PalaceLock.holder(palace)).isEmpty();
    assertThat(ops).doesNotExist();
  }

  @Test
  void processesThatHaveThePalaceOpenAreFound() throws Exception {
    Path database = Files.writeString(palace.resolve("chroma.sqlite3"), "x");
    Path graph = Files.writeString(palace.resolve("knowledge_graph.sqlite3"), "x");
    Path index = Files.createDirectory(palace.resolve("5b1c")).resolve("data_level0.bin");
    Files.writeString(index, "x");
    Files.writeString(palace.resolve("notes.txt"), "x");
    for (Path file : new Path[] {database, graph, index}) {
      assertHeldBy(file, "exec sleep 60 < \"$0\"", true);
    }
    assertHeldBy(palace.resolve("notes.txt"), "exec sleep 60 < \"$0\"", false);
    try (var own = Files.newInputStream(database)) {
      assertThat(OpenHandles.scan(palace).handles()).isEmpty();
      assertThat(own.read()).isEqualTo('x');
    }
  }

  @Test
  void aFileThatIsOnlyMappedIsFoundUnderAnotherNameToo() throws Exception {
    Path index = Files.createDirectory(palace.resolve("5b1c")).resolve("data_level0.bin");
    Files.writeString(index, "x".repeat(5000));
    org.junit.jupiter.api.Assumptions.assumeTrue(
        Files.exists(Path.of("/usr/bin/python3")), "cannot run here: no python3");
    assertHeldBy(
        index,
        "exec python3 -c 'import mmap,os,sys,time\nf=os.open(sys.argv[1],0)\n"
            + "m=mmap.mmap(f,0,prot=1)\nos.close(f)\nprint(1,flush=True)\ntime.sleep(60)' \"$0\"",
        true);
    Path alias = Files.createDirectory(parent.resolve("alias")).resolve("data_level0.bin");
    Files.createLink(alias, index);
    var process =
        new ProcessBuilder("sh", "-c", "exec sleep 60 < \"$0\"", alias.toString()).start();
    try {
      awaitOpen(process, alias);
      assertThat(OpenHandles.scan(palace).handles())
          .singleElement()
          .extracting(OpenHandles.Handle::file)
          .isEqualTo(index.toRealPath());
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  private void assertHeldBy(Path file, String script, boolean found) throws Exception {
    var process = new ProcessBuilder("sh", "-c", script, file.toString()).start();
    try {
      awaitOpen(process, file);
      var scan = OpenHandles.scan(palace);
      assertThat(scan.looked()).isTrue();
      if (found) {
        assertThat(scan.handles())
            .singleElement()
            .satisfies(handle -> {
              assertThat(handle.pid()).isEqualTo(process.pid());
              assertThat(handle.file()).isEqualTo(file.toRealPath());
              assertThat(handle.command()).isNotEmpty();
            });
      } else {
        assertThat(scan.handles()).isEmpty();
      }
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  /// Until the shell became the program that keeps the file open, which it shows by its name.
  private static void awaitOpen(Process process, Path file) throws Exception {
    if (process.info().command().orElse("").contains("python")) {
      assertThat(process.getInputStream().read()).isEqualTo('1');
      return;
    }
    for (int tries = 0; tries < 2000; tries++) {
      String name = Files.readString(Path.of("/proc/" + process.pid() + "/comm")).strip();
      if (name.equals("sleep")) {
        return;
      }
      if (name.startsWith("python")) {
        assertThat(process.getInputStream().read()).as(file.toString()).isEqualTo('1');
        return;
      }
      Thread.onSpinWait();
      Thread.sleep(2);
    }
    throw new AssertionError("did not start");
  }
}
