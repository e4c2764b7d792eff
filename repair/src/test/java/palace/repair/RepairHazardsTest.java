package palace.repair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import palace.common.ExitCode;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.doctor.Doctor;
import palace.common.doctor.Finding;
import palace.common.files.FileOps;
import palace.common.files.TreeDelete;
import palace.common.files.TreeDigest;
import palace.common.files.TreeSize;
import palace.common.lock.PalaceLock;
import palace.common.restore.Direction;
import palace.common.restore.Recovery;
import palace.common.restore.Restore;
import palace.common.restore.RestoreReport;
import palace.common.restore.RestoreRequest;
import palace.common.snapshot.SnapshotEntry;
import palace.common.snapshot.SnapshotStore;
import palace.common.store.ContentDigest;
import palace.common.store.Palace;
import palace.common.swap.MoveJournal;

/// What a repair meets on real disks: files that cannot be changed, no room for its notes, a copy
/// that somebody deleted or that rotted; and what is left of the palace then.
class RepairHazardsTest {
  private static final long TERABYTE = 1L << 40;
  private static final long MEBIBYTE = 1L << 20;

  @TempDir Path folder;
  private SamplePalace palace;
  private Map<String, String> drawers;

  @BeforeEach
  void damagedPalace() throws IOException {
    palace = SamplePalace.in(folder);
    drawers = digests();
    palace.breakEntryPoint();
    palace.emptyFullText();
  }

  @AfterEach
  void letGo() throws Exception {
    attributes("-R", "-f", "-i", folder.toString());
  }

  private static int attributes(String... words) throws Exception {
    var command = new ArrayList<>(List.of("chattr"));
    command.addAll(List.of(words));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  /// Lets nobody, not even the superuser, change the entry.
  private static void fix(Path entry) throws Exception {
    assumeTrue(attributes("+i", entry.toString()) == 0, "cannot run here: chattr +i is refused");
  }

  private Path ops() {
    return folder.resolve("palace.ops");
  }

  private SnapshotStore store() {
    return SnapshotStore.in(ops());
  }

  private Outcome repair(Step.Watcher watcher) throws IOException {
    return new Repair(Progress.SILENT, FileOps.real(), Clock.systemUTC(), watcher)
        .run(RepairRequest.of(palace.directory(), "test"));
  }

  /// Who reads keeps the commit from beginning: the old palace is there, and no person is needed.
  @Test
  void aReaderThatStaysKeepsARepairFromItsEnd() throws Exception {
    var before = TreeDigest.of(palace.directory());
    try (Connection reader = DriverManager.getConnection("jdbc:sqlite:" + palace.database());
        Statement statement = reader.createStatement()) {
      reader.setAutoCommit(false);

      assertThatThrownBy(() -> repair(step -> read(statement)))
          .isInstanceOf(PalaceException.Busy.class);
    }

    assertThat(TreeDigest.of(palace.directory())).isEqualTo(before);
    assertThat(store().list()).isEmpty();
    repaired();
  }

  private static void read(Statement statement) throws IOException {
    try {
      statement.executeQuery("SELECT count(*) FROM embeddings");
    } catch (SQLException e) {
      throw new IOException(e);
    }
  }

  private RepairReport repaired() throws IOException {
    return ((Outcome.Repaired) repair(step -> {})).report();
  }

  private static Step.Watcher failingAt(Step moment) {
    return step -> {
      if (step == moment) {
        throw new IOException("the test stops at " + step);
      }
    };
  }

  /// What every collection holds, whatever its index looks like.
  private Map<String, String> digests() throws IOException {
    var digests = new TreeMap<String, String>();
    try (Palace opened = Palace.open(palace.directory())) {
      for (var row : opened.collections()) {
        try (var state = opened.open(row)) {
          digests.put(row.label(), ContentDigest.of(state, 50));
        }
      }
    }
    return digests;
  }

  private List<String> findings() throws IOException {
    return Doctor.examine(palace.directory(), Progress.SILENT).findings().stream()
        .map(Finding::sentence)
        .sorted()
        .toList();
  }

  private RestoreReport restore(String id) throws IOException {
    return new Restore(Progress.SILENT).restore(RestoreRequest.of(palace.directory(), id, "test"));
  }

  @Test
  void aRestoreBringsTheRetiredSegmentsBackAndAnotherTheRepairedOnes() throws IOException {
    List<String> damage = findings();
    var segments = segments();
    RepairReport report = repaired();
    var fresh = segments();
    assertThat(findings()).isEmpty();
    assertThat(fresh).isNotEqualTo(segments);

    RestoreReport back = restore(report.run().value());

    assertThat(segments()).isEqualTo(segments);
    assertThat(findings()).isEqualTo(damage);
    assertThat(digests()).isEqualTo(drawers);

    restore(back.undo().orElseThrow().value());

    assertThat(segments()).isEqualTo(fresh);
    assertThat(findings()).isEmpty();
    assertThat(digests()).isEqualTo(drawers);
    for (SnapshotEntry entry : store().list()) {
      assertThat(store().verify(entry)).isEmpty();
    }
  }

  @Test
  void aRestoreOfAForcedRebuildBringsASoundPalaceBack() throws IOException {
    repaired();
    var sound = segments();
    RepairRequest usual = RepairRequest.of(palace.directory(), "test");
    var rebuilt = new Repair(Progress.SILENT).run(usual.withRebuiltIndex(true).withBatchSize(7));
    var fresh = segments();
    assertThat(fresh.keySet()).doesNotContainAnyElementsOf(sound.keySet());

    restore(((Outcome.Repaired) rebuilt).report().run().value());

    assertThat(segments()).isEqualTo(sound);
    assertThat(findings()).isEmpty();
    assertThat(digests()).isEqualTo(drawers);
  }

  /// Everything but the database.
  private Map<String, Object> segments() throws IOException {
    var files = new TreeMap<String, Object>(palace.digests());
    files.keySet().removeIf(name -> !name.matches("[0-9a-f-]{36}/.*"));
    return files;
  }

  @ParameterizedTest
  @ValueSource(strings = {"deleted", "truncated", "flipped"})
  void aCopyThatIsNotWhatItWasIsNotPutBack(String damage) throws IOException {
    Step.Watcher watcher =
        step -> {
          if (step == Step.READ_BACK) {
            harm(store().list().getFirst().directory().resolve("chroma.sqlite3"), damage);
            throw new IOException("the test stops at " + step);
          }
        };
    String old = palace.vectorSegment();

    assertThatThrownBy(() -> repair(watcher))
        .isInstanceOf(PalaceException.PersonNeeded.class)
        .hasMessageContaining("the test stops at READ_BACK")
        .hasMessageContaining("chroma.sqlite3")
        .satisfies(
            e -> assertThat(((PalaceException) e).exitCode()).isEqualTo(ExitCode.PERSON_NEEDED));

    // The repaired database is the only one left that is whole, and nothing it needs is gone.
    assertThat(digests()).isEqualTo(drawers);
    assertThat(palace.index()).isDirectory();
    assertThat(palace.directory().resolve(old)).isDirectory();
    settle();
    assertThat(digests()).isEqualTo(drawers);
    assertThat(MoveJournal.pending(ops())).isEmpty();
  }

  private static void harm(Path file, String damage) throws IOException {
    switch (damage) {
      case "deleted" -> Files.delete(file);
      case "truncated" -> Files.write(file, new byte[100]);
      default -> {
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
      }
    }
  }

  private void settle() throws IOException {
    try (PalaceLock lock = PalaceLock.acquire(palace.directory(), "test")) {
      Recovery.settle(lock, palace.directory(), Direction.BACK, "0.2.0");
    }
  }

  /// The whole snapshot is deleted by somebody else, and then the repair fails.
  @ParameterizedTest
  @EnumSource(Step.class)
  void aSnapshotDeletedMeanwhileCostsNoDrawer(Step moment) throws IOException {
    Step.Watcher watcher =
        step -> {
          if (step == moment) {
            TreeDelete.delete(store().list().getFirst().directory());
            throw new IOException("the test stops at " + step);
          }
        };
    List<String> damage = findings();

    assertThatThrownBy(() -> repair(watcher))
        .isInstanceOf(
            moment.compareTo(Step.COMMITTED) < 0
                ? PalaceException.Failed.class
                : PalaceException.PersonNeeded.class)
        .hasMessageContaining("the test stops at " + moment);

    assertThat(digests()).isEqualTo(drawers);
    if (moment.compareTo(Step.COMMITTED) < 0) {
      assertThat(findings()).isEqualTo(damage);
    }
    settle();
    repair(step -> {});
    assertThat(Doctor.examine(palace.directory(), Progress.SILENT).isHealthy()).isTrue();
    assertThat(digests()).isEqualTo(drawers);
    assertThat(MoveJournal.pending(ops())).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"obstacle", "immutable"})
  void aRepairWithoutRoomForACopyIsRefusedAndUntouched(String why) throws Exception {
    var files = palace.digests();
    Files.createDirectories(ops());
    Path snapshots = ops().resolve("snapshots");
    if (why.equals("immutable")) {
      fix(Files.createDirectory(snapshots));
    } else {
      Files.writeString(snapshots, "in the way");
    }

    assertThatThrownBy(() -> repair(step -> {}))
        .isInstanceOf(PalaceException.Refused.class)
        .hasMessageContaining(snapshots.toString())
        .hasMessageContaining("nothing was changed");

    assertThat(palace.digests()).isEqualTo(files);
    assertThat(MoveJournal.pending(ops())).isEmpty();
    assertThat(palace.directory().resolve(".palace")).doesNotExist();
  }

  @Test
  void anOpsFolderThatCannotBeChangedIsRefusedAndUntouched() throws Exception {
    var files = palace.digests();
    settle();
    fix(Files.createDirectories(ops()));

    assertThatThrownBy(() -> repair(step -> {}))
        .isInstanceOf(PalaceException.class)
        .satisfies(e -> assertThat(((PalaceException) e).exitCode()).isEqualTo(ExitCode.REFUSED));

    assertThat(palace.digests()).isEqualTo(files);
    assertThat(palace.directory().resolve(".palace")).doesNotExist();
  }

  @Test
  void whatCannotBeTidiedAfterARepairGoesWithTheNextRun() throws Exception {
    var stuck = new ArrayList<Path>();
    Outcome outcome =
        repair(step -> {
          if (step == Step.SEALED) {
            Path work = Files.createDirectories(palace.directory().resolve(".palace"));
            try (var entries = Files.list(work)) {
              Path run =
                  entries
                      .filter(entry -> entry.getFileName().toString().startsWith("repair-"))
                      .findFirst()
                      .orElseThrow();
              stuck.add(Files.createFile(run.resolve("stuck")));
              fix(stuck.getFirst());
            } catch (IOException | RuntimeException e) {
              throw e;
            } catch (Exception e) {
              throw new IOException(e);
            }
          }
        });

    assertThat(outcome).isInstanceOf(Outcome.Repaired.class);
    assertThat(stuck.getFirst()).exists();
    attributes("-i", stuck.getFirst().toString());
    settle();
    assertThat(palace.directory().resolve(".palace")).doesNotExist();
    assertThat(Recovery.look(palace.directory()).nothing()).isTrue();
  }

  @Test
  void aSecondRepairThatFailsLeavesTheFirstAndItsSnapshot() throws IOException {
    RepairReport first = repaired();
    palace.breakEntryPoint();
    palace.emptyFullText();
    String rows = palace.rows();
    var files = segments();

    for (Step moment : List.of(Step.NAMED, Step.RETIRED)) {
      assertThatThrownBy(() -> repair(failingAt(moment)))
          .isInstanceOf(PalaceException.Failed.class);
      assertThat(palace.rows()).isEqualTo(rows);
      assertThat(segments()).isEqualTo(files);
    }

    assertThat(store().list()).hasSize(1);
    SnapshotEntry kept = store().find(first.run()).orElseThrow();
    assertThat(store().verify(kept)).isEmpty();
    assertThat(digests()).isEqualTo(drawers);
  }

  @Test
  void failuresOfEveryKindInARowLeaveTheSamePalaceUntilOneRunSucceeds() throws IOException {
    List<String> damage = findings();
    for (Step moment : Step.values()) {
      assertThatThrownBy(() -> repair(failingAt(moment)))
          .isInstanceOf(PalaceException.Failed.class);
      assertThat(findings()).as("%s", moment).isEqualTo(damage);
      assertThat(digests()).as("%s", moment).isEqualTo(drawers);
      assertThat(Recovery.look(palace.directory()).nothing()).as("%s", moment).isTrue();
    }
    repaired();
    assertThat(findings()).isEmpty();
    assertThat(digests()).isEqualTo(drawers);
    assertThat(store().list()).hasSize(1);
    assertThat(palace.directory().resolve(".palace")).doesNotExist();
  }

  /// Every write to `/dev/full` is answered as on a full disk.
  @Test
  void aHistoryWithoutRoomDoesNotTouchTheRepair() throws IOException {
    Files.createDirectories(ops());
    assumeTrue(Files.exists(Path.of("/dev/full")), "cannot run here: no /dev/full");
    Path history = Files.createSymbolicLink(ops().resolve("history.jsonl"), Path.of("/dev/full"));

    repaired();

    assertThat(findings()).isEmpty();
    assertThat(store().list()).hasSize(1);
    assertThat(history).isSymbolicLink();
  }

  @Test
  void aTerabyteOfHolesInARetiredIndexIsNotInflated() throws IOException {
    Path links = palace.index().resolve("link_lists.bin");
    try (var sparse = new RandomAccessFile(links.toFile(), "rw")) {
      sparse.setLength(TERABYTE);
    }
    String old = palace.vectorSegment();
    long used = TreeSize.of(folder).allocatedBytes();

    RepairReport report = repaired();

    assertThat(findings()).isEmpty();
    assertThat(digests()).isEqualTo(drawers);
    assertThat(report.snapshot().resolve("segments").resolve(old).resolve("link_lists.bin"))
        .hasSize(TERABYTE);
    assertThat(TreeSize.of(folder).allocatedBytes() - used).isLessThan(16 * MEBIBYTE);
    assertThat(store().verify(store().list().getFirst())).isEmpty();
  }
}
