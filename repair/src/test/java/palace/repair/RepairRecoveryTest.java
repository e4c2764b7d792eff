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

/// What an interrupted repair leaves is settled by the next command: the old palace or the new one,
/// and whatever others wrote in between.
class RepairRecoveryTest {
  private static final String FOREIGN_WRITE =
      "INSERT INTO embeddings_queue(operation, topic, id) VALUES (3, 'persistent://default/default/x', 'foreign')";

  @TempDir Path folder;

  private SamplePalace damaged() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    palace.breakEntryPoint();
    palace.emptyFullText();
    return palace;
  }

  private static Settled settle(SamplePalace palace) throws IOException {
    try (PalaceLock lock = PalaceLock.acquire(palace.directory(), "test")) {
      return Recovery.settle(lock, palace.directory(), Direction.BACK, "0.2.0");
    }
  }

  private void isOld(SamplePalace palace, String rows) throws IOException {
    assertThat(palace.rows()).isEqualTo(rows);
    assertThat(palace.number("SELECT count(*) FROM embedding_fulltext_search")).isZero();
    assertThat(palace.index()).isDirectory();
    assertThat(snapshots()).isEmpty();
  }

  private void isNew(SamplePalace palace) throws IOException {
    assertThat(Doctor.examine(palace.directory(), Progress.SILENT).findings()).isEmpty();
    assertThat(snapshots()).hasSize(1).first().isInstanceOf(SnapshotEntry.Kept.class);
    assertThat(SnapshotStore.in(ops()).verify(snapshots().getFirst())).isEmpty();
  }

  private Path ops() {
    return folder.resolve("palace.ops");
  }

  private List<SnapshotEntry> snapshots() throws IOException {
    return SnapshotStore.in(ops()).list();
  }

  private void isTidy(SamplePalace palace) throws IOException {
    assertThat(palace.directory().resolve(".palace")).doesNotExist();
    assertThat(palace.directory().resolve("chroma.sqlite3-journal")).doesNotExist();
    assertThat(MoveJournal.pending(ops())).isEmpty();
    try (var entries = Files.list(palace.directory())) {
      assertThat(entries.filter(Files::isDirectory).count()).isEqualTo(2);
    }
    assertThat(settle(palace).nothing()).isTrue();
  }

  @ParameterizedTest
  @EnumSource(Step.class)
  void aKilledRepairIsUndoneBeforeItsCommitAndFinishedAfterIt(Step moment) throws Exception {
    SamplePalace palace = damaged();
    String rows = palace.rows();

    assertThat(HaltedRepair.at(moment, palace.directory())).isTrue();
    Settled settled = settle(palace);

    assertThat(settled.runs()).hasSize(1);
    if (moment.compareTo(Step.COMMITTED) < 0) {
      isOld(palace, rows);
    } else {
      isNew(palace);
    }
    isTidy(palace);
  }

  @ParameterizedTest
  @EnumSource(
      value = Step.class,
      names = {"NAMED", "COMMITTED"})
  void whatOthersWroteAfterTheKillIsKept(Step moment) throws Exception {
    SamplePalace palace = damaged();
    assertThat(HaltedRepair.at(moment, palace.directory())).isTrue();
    palace.sql(FOREIGN_WRITE);

    settle(palace);

    assertThat(palace.number("SELECT count(*) FROM embeddings_queue WHERE id='foreign'"))
        .isEqualTo(1);
    assertThat(MoveJournal.pending(ops())).isEmpty();
  }

  @Test
  void aDamagedResultIsTakenBackUnlessSomebodyWroteToIt() throws Exception {
    SamplePalace palace = damaged();
    String rows = palace.rows();
    assertThat(HaltedRepair.at(Step.RETIRED, palace.directory())).isTrue();
    palace.breakEntryPoint();

    assertThat(settle(palace).sentences()).anyMatch(text -> text.contains("was put back"));

    isOld(palace, rows);
    isTidy(palace);
  }

  @Test
  void aDamagedResultThatWasWrittenToIsLeftToTheNextRepair() throws Exception {
    SamplePalace palace = damaged();
    assertThat(HaltedRepair.at(Step.COMMITTED, palace.directory())).isTrue();
    palace.breakEntryPoint();
    palace.sql(FOREIGN_WRITE);

    assertThat(settle(palace).sentences()).anyMatch(text -> text.contains("palace repair"));

    assertThat(palace.number("SELECT count(*) FROM embeddings_queue WHERE id='foreign'"))
        .isEqualTo(1);
    assertThat(snapshots()).hasSize(1);
  }

  /// The disk fails at one step of the repair and at every one after it, so that the repair cannot
  /// undo itself; then it works again.
  @Test
  void wheneverTheDiskGoesAwayTheNextCommandEndsWithTheOldPalaceOrTheNew() throws IOException {
    var counting = new FailingOps(Integer.MAX_VALUE);
    repair(damaged(), counting.ops());
    assertThat(counting.steps()).isGreaterThan(20);
    for (int last = 0; last < counting.steps(); last++) {
      folder = Files.createDirectory(folder.resolveSibling(folder.getFileName() + "-" + last));
      SamplePalace palace = damaged();
      String rows = palace.rows();
      var failing = new FailingOps(last);

      boolean done = true;
      try {
        repair(palace, failing.ops());
      } catch (PalaceException e) {
        done = false;
      }
      settle(palace);

      boolean switched = snapshots().size() == 1 && palace.rows().compareTo(rows) != 0;
      if (done || switched) {
        isNew(palace);
      } else {
        isOld(palace, rows);
      }
      isTidy(palace);
    }
  }

  private static void repair(SamplePalace palace, FileOps ops) throws IOException {
    new Repair(Progress.SILENT, ops, Clock.systemUTC(), step -> {})
        .run(RepairRequest.of(palace.directory(), "test"));
  }

  @Test
  void aRepairThatCannotNoteItselfDoesNotBegin() throws IOException {
    SamplePalace palace = damaged();
    var files = palace.digests();
    assertThatThrownBy(() -> repair(palace, new FailingOps(0).ops()))
        .isInstanceOf(PalaceException.Refused.class)
        .hasMessageContaining("nothing was changed");
    assertThat(palace.digests()).isEqualTo(files);
  }
}
