package palace.repair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.doctor.Doctor;
import palace.common.files.FileOps;
import palace.common.lock.PalaceLock;
import palace.common.restore.Direction;
import palace.common.restore.Recovery;
import palace.common.restore.Settled;
import palace.common.snapshot.SnapshotEntry;
import palace.common.snapshot.SnapshotStore;
import palace.common.swap.MoveJournal;

/// A rescue that fails or is killed at any moment leaves the damaged palace as it was, or the
/// rescued one, and never neither.
class RescueFailureTest {
  @TempDir Path folder;

  private SamplePalace damaged() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    palace.breakEntryPoint();
    palace.scrambleHeader();
    return palace;
  }

  private static void repair(SamplePalace palace, FileOps ops, Step.Watcher watcher)
      throws IOException {
    new Repair(Progress.SILENT, ops, Clock.systemUTC(), watcher)
        .run(RepairRequest.of(palace.directory(), "test"));
  }

  private static Settled settle(SamplePalace palace) throws IOException {
    try (PalaceLock lock = PalaceLock.acquire(palace.directory(), "test")) {
      return Recovery.settle(lock, palace.directory(), Direction.BACK, "test");
    }
  }

  private Path ops() {
    return folder.resolve("palace.ops");
  }

  private List<SnapshotEntry> snapshots() throws IOException {
    return SnapshotStore.in(ops()).list();
  }

  private void isTidy(SamplePalace palace) throws IOException {
    assertThat(palace.directory().resolve(".palace")).doesNotExist();
    assertThat(MoveJournal.pending(ops())).isEmpty();
    try (var entries = Files.list(palace.directory())) {
      assertThat(entries.filter(Files::isDirectory).count()).isEqualTo(2);
    }
    assertThat(settle(palace).nothing()).isTrue();
  }

  private void isNew(SamplePalace palace, byte[] damaged) throws IOException {
    assertThat(Doctor.examine(palace.directory(), Progress.SILENT).findings()).isEmpty();
    assertThat(snapshots()).hasSize(1).first().isInstanceOf(SnapshotEntry.Kept.class);
    assertThat(SnapshotStore.in(ops()).verify(snapshots().getFirst())).isEmpty();
    assertThat(snapshots().getFirst().directory().resolve("chroma.sqlite3"))
        .hasBinaryContent(damaged);
  }

  @ParameterizedTest
  @EnumSource(
      value = Step.class,
      names = {
        "COPIED",
        "BUILT",
        "TREATED",
        "JOURNALED",
        "NAMED",
        "PROVEN",
        "READ_BACK",
        "COMMITTED",
        "RETIRED"
      })
  void whateverFailsBeforeTheSnapshotIsFiledIsTakenBack(Step moment) throws IOException {
    SamplePalace palace = damaged();
    var before = palace.digests();

    assertThatThrownBy(() ->
            repair(
                palace,
                FileOps.real(),
                step -> {
                  if (step == moment) {
                    throw new IOException("the test stops at " + step);
                  }
                }))
        .isInstanceOf(PalaceException.Failed.class)
        .hasStackTraceContaining("the test stops at " + moment);

    assertThat(palace.digests()).isEqualTo(before);
    assertThat(snapshots()).isEmpty();
    isTidy(palace);
  }

  @ParameterizedTest
  @EnumSource(
      value = Step.class,
      names = {
        "COPIED",
        "BUILT",
        "TREATED",
        "JOURNALED",
        "NAMED",
        "PROVEN",
        "READ_BACK",
        "COMMITTED",
        "RETIRED",
        "SEALED"
      })
  void aKilledRescueIsUndoneBeforeItsExchangeAndFinishedAfterIt(Step moment) throws Exception {
    SamplePalace palace = damaged();
    var before = palace.digests();
    byte[] damaged = palace.bytes();

    assertThat(HaltedRepair.at(moment, palace.directory())).isTrue();
    settle(palace);

    boolean prepared = moment.compareTo(Step.COMMITTED) < 0 || moment == Step.READ_BACK;
    if (prepared) {
      assertThat(palace.digests()).isEqualTo(before);
      assertThat(snapshots()).isEmpty();
    } else {
      isNew(palace, damaged);
    }
    isTidy(palace);
  }

  /// The disk fails at one step and at every one after it, so that the rescue cannot undo itself;
  /// then it works again. Every third step is tried, others with the exchange than without.
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void wheneverTheDiskGoesAwayTheNextCommandEndsWithTheOldPalaceOrTheNew(boolean exchanging)
      throws IOException {
    var counting = new FailingOps(Integer.MAX_VALUE, exchanging);
    repair(damaged(), counting.ops(), step -> {});
    assertThat(counting.steps()).isGreaterThan(20);
    Path parent = folder;
    for (int last = exchanging ? 1 : 2; last < counting.steps(); last += 3) {
      folder = Files.createDirectory(parent.resolve("failing-" + last));
      SamplePalace palace = damaged();
      var before = palace.digests();
      byte[] damaged = palace.bytes();
      var failing = new FailingOps(last, exchanging);

      boolean done = true;
      try {
        repair(palace, failing.ops(), step -> {});
      } catch (PalaceException e) {
        done = false;
      }
      settle(palace);

      if (done || !snapshots().isEmpty()) {
        isNew(palace, damaged);
      } else {
        assertThat(palace.digests()).as("failing after step %d", last).isEqualTo(before);
      }
      isTidy(palace);
    }
  }

  @Test
  void whatIsWrittenAfterAKilledExchangeIsKept() throws Exception {
    SamplePalace palace = damaged();
    assertThat(HaltedRepair.at(Step.COMMITTED, palace.directory())).isTrue();
    palace.sql("INSERT INTO embeddings_queue(operation, topic, id) VALUES (3, 'x', 'foreign')");

    settle(palace);

    assertThat(palace.number("SELECT count(*) FROM embeddings_queue WHERE id='foreign'"))
        .isEqualTo(1);
    assertThat(snapshots()).hasSize(1);
  }

  @Test
  void aFileThatSomebodyWritesToMeanwhileIsNotReplaced() throws IOException {
    SamplePalace palace = damaged();
    var written = new byte[] {1, 2, 3};

    assertThatThrownBy(() ->
            repair(
                palace,
                FileOps.real(),
                step -> {
                  if (step == Step.READ_BACK) {
                    Files.write(
                        palace.database(), written, java.nio.file.StandardOpenOption.APPEND);
                  }
                }))
        .isInstanceOf(PalaceException.Busy.class);

    assertThat(palace.bytes()).endsWith(written);
    assertThat(snapshots()).isEmpty();
    isTidy(palace);
  }
}
