package palace.common.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.RunId;
import palace.common.files.FaultyFileOps;
import palace.common.files.FaultyFileOps.Fault;
import palace.common.files.FileOps;
import palace.common.files.Identity;
import palace.common.files.TreeDelete;
import palace.common.files.TreeDigest;
import palace.common.files.TreeSize;
import palace.common.snapshot.Snapshot;
import palace.common.snapshot.SnapshotEntry;
import palace.common.snapshot.SnapshotStore;
import palace.common.swap.MoveJournal;
import palace.common.swap.Occasion;
import palace.common.swap.PalaceSwap;

/// What restores and snapshots meet on real disks: directories that cannot be changed, full disks,
/// holes of a terabyte, and others who delete things meanwhile.
final class HazardsTest {
  private static final long TERABYTE = 1L << 40;
  private static final long MEBIBYTE = 1L << 20;

  @TempDir Path directory;

  @AfterEach
  void letGo() throws Exception {
    attributes("-R", "-f", "-i", directory.toString());
  }

  private static int attributes(String... words) throws IOException {
    var command = new ArrayList<>(List.of("chattr"));
    command.addAll(List.of(words));
    try {
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private SmallWorld world(Snapshot.Scope scope, int number) throws IOException {
    return SmallWorld.with(scope, Files.createDirectory(directory.resolve("w" + number)));
  }

  /// The system refuses every further name in the parent, to the superuser as well: also those of
  /// the way back.
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aParentThatNobodyMayChangeAnyMoreNeedsAPersonAndIsSettledAfterwards(boolean exchange)
      throws IOException {
    SmallWorld world = world(Snapshot.Scope.ASIDE, 0);
    var paths = world.paths(new RunId("20261102T000000Z-bbbbbb"));
    Files.createDirectory(paths.build());
    SmallWorld.tree(paths.build(), "new", SmallWorld.NEW_SEGMENT);
    Fault freezing =
        (step, real) -> {
          boolean second = step.number() == 2;
          if (second && exchange) {
            real.run();
          }
          if (second) {
            assumeTrue(
                attributes("+i", world.home.toString()) == 0,
                "cannot run here: chattr +i is refused");
          }
          if (second && exchange) {
            throw new IOException("of the test");
          }
          real.run();
        };
    var ops = new FaultyFileOps(freezing).unwatched(world.ops);
    var occasion = new Occasion(paths.run(), "migrate", SmallWorld.NOW, "0.2.0");

    assertThatThrownBy(() ->
            PalaceSwap.on(exchange ? ops : ops.withoutExchange())
                .publish(paths.build(), paths, occasion, MoveJournal.Purpose.migrate()))
        .isInstanceOf(PalaceException.PersonNeeded.class)
        .hasMessageContaining(paths.palace().toString())
        .hasMessageContaining(paths.aside().toString());

    assertThat(MoveJournal.pending(world.ops)).hasSize(1);
    attributes("-i", world.home.toString());
    world.settle(FileOps.real(), Direction.BACK);
    assertThat(Recovery.look(world.palace).nothing()).isTrue();
    // An exchange that was made is finished; a palace that was only moved aside goes back.
    assertThat(world.isAsToday()).isEqualTo(!exchange);
    SnapshotStore store = SnapshotStore.in(world.ops);
    assertThat(store.list()).hasSize(exchange ? 2 : 1);
    for (SnapshotEntry entry : store.list()) {
      assertThat(store.verify(entry)).isEmpty();
    }
    assertThat(exchange ? TreeDigest.of(paths.snapshot().resolve("palace")) : world.found())
        .isEqualTo(world.today);
  }

  @ParameterizedTest
  @CsvSource({"FULL,false", "FULL,true", "DATABASE,false", "DATABASE,true"})
  void aSnapshotForWhichThereIsNoRoomAtAnyStepIsNoneAndTheNextIsWhole(
      Snapshot.Scope scope, boolean forEver) throws IOException {
    Path palace = FrozenPalace.unpack("1.5.9", directory.resolve("palace"));
    var before = TreeDigest.of(palace);
    var request = new TakeSnapshot.Request(palace, scope, Duration.ZERO, "0.2.0");
    var store = SnapshotStore.in(directory.resolve("palace.ops"));
    boolean failed = true;
    for (int step = 1; failed; step++) {
      var taking = new TakeSnapshot(Clock.systemUTC(), full(step, forEver), Progress.SILENT);
      failed = fails(taking, request);
      assertThat(TreeDigest.of(palace)).isEqualTo(before);
      if (failed && !forEver) {
        assertThat(store.list())
            .as("step %d", step)
            .noneMatch(SnapshotEntry.Kept.class::isInstance);
      }
      assertThat(step).isLessThan(200);
    }
    // One whose description had been written before the disk was full is whole and stays.
    assertThat(store.list()).hasSizeBetween(1, forEver ? 2 : 1);
    for (SnapshotEntry entry : store.list()) {
      assertThat(store.verify(entry)).isEmpty();
    }
    assertThat(Recovery.look(palace).nothing()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"FULL,4", "DATABASE,1"})
  void aSnapshotThatIsCancelledAtAnyUnitLeavesNothing(Snapshot.Scope scope, int leastUnits)
      throws IOException {
    Path palace = FrozenPalace.unpack("1.5.9", directory.resolve("palace"));
    var before = TreeDigest.of(palace);
    var request = new TakeSnapshot.Request(palace, scope, Duration.ZERO, "0.2.0");
    var store = SnapshotStore.in(directory.resolve("palace.ops"));
    int units = 0;
    while (isCancelled(new TakeSnapshot(cancelledAt(units + 1)), request)) {
      units++;
      assertThat(store.list()).isEmpty();
      assertThat(TreeDigest.of(palace)).isEqualTo(before);
    }
    assertThat(units).isGreaterThanOrEqualTo(leastUnits);
    assertThat(store.list()).hasSize(1);
  }

  private static Progress cancelledAt(int unit) {
    var seen = new AtomicInteger();
    return (task, total, name) ->
        count -> {
          if (seen.incrementAndGet() == unit) {
            throw new CancellationException("a signal came");
          }
        };
  }

  private static boolean isCancelled(TakeSnapshot taking, TakeSnapshot.Request request)
      throws IOException {
    try {
      taking.take(request);
      return false;
    } catch (CancellationException e) {
      return true;
    }
  }

  private static FileOps full(int at, boolean forEver) {
    return new FaultyFileOps((step, real) -> {
      if (step.number() == at || forEver && step.number() > at) {
        throw new IOException("No space left on device");
      }
      real.run();
    });
  }

  private static boolean fails(TakeSnapshot taking, TakeSnapshot.Request request) {
    try {
      taking.take(request);
      return false;
    } catch (IOException e) {
      assertThat(e).hasStackTraceContaining("No space left on device");
      return true;
    }
  }

  @Test
  void aTerabyteOfHolesIsKeptAndRestoredAsHoles() throws IOException {
    Path palace = FrozenPalace.unpack("1.5.9", directory.resolve("palace"));
    try (var files = Files.walk(palace)) {
      Path links = files.filter(file -> file.endsWith("link_lists.bin")).findFirst().orElseThrow();
      try (var sparse = new RandomAccessFile(links.toFile(), "rw")) {
        sparse.setLength(TERABYTE);
      }
    }
    long size = TreeSize.of(palace).allocatedBytes();

    Snapshot full =
        new TakeSnapshot(Progress.SILENT)
            .take(new TakeSnapshot.Request(palace, Snapshot.Scope.FULL, Duration.ZERO, "0.2.0"));
    assertThat(full.bytes()).isGreaterThan(TERABYTE);
    assertThat(TreeSize.of(directory).allocatedBytes()).isLessThan(3 * size + MEBIBYTE);

    new Restore(Progress.SILENT).restore(RestoreRequest.of(palace, full.id().value(), "0.2.0"));
    assertThat(TreeSize.of(directory).allocatedBytes()).isLessThan(4 * size + MEBIBYTE);
    var store = SnapshotStore.in(directory.resolve("palace.ops"));
    for (SnapshotEntry entry : store.list()) {
      assertThat(store.verify(entry)).isEmpty();
    }
  }

  /// The copy that is being put back is deleted before some step: the palace is what it was, or was
  /// restored before.
  @ParameterizedTest
  @EnumSource
  void aSnapshotDeletedMeanwhileLeavesThePalaceOrIsInPlace(Snapshot.Scope scope)
      throws IOException {
    int steps = steps(scope);
    for (int number = 1; number <= steps; number++) {
      SmallWorld world = world(scope, number);
      int at = number;
      Path kept = world.ops.resolve("snapshots").resolve(SmallWorld.KEPT.value());
      var ops =
          new FaultyFileOps((step, real) -> {
            if (step.number() == at) {
              TreeDelete.delete(kept);
            }
            real.run();
          });
      boolean done = restored(world, ops);
      boolean settled = settled(world);

      String situation = "%s deleted before %d".formatted(scope, at);
      assertThat(settled || scope == Snapshot.Scope.DATABASE).as(situation).isTrue();
      if (scope == Snapshot.Scope.DATABASE) {
        assertThat(List.of(world.today, world.then))
            .extracting(files -> files.get("chroma.sqlite3"))
            .as(situation)
            .contains(world.found().get("chroma.sqlite3"));
      } else {
        assertThat(world.isAsToday() ^ world.isAsThen()).as(situation).isTrue();
      }
      assertThat(!done || world.isAsThen()).as(situation).isTrue();
      assertThat(Recovery.look(world.palace).nothing()).as(situation).isEqualTo(settled);
    }
  }

  private int steps(Snapshot.Scope scope) throws IOException {
    var counting = FaultyFileOps.counting();
    world(scope, 0).restore(counting);
    assertThat(counting.steps()).hasSizeGreaterThan(10);
    return counting.steps().size();
  }

  /// Where single entries were on their way, a person is told which of them are gone.
  private static boolean settled(SmallWorld world) throws IOException {
    try {
      world.settle(FileOps.real(), Direction.BACK);
      return true;
    } catch (PalaceException.PersonNeeded e) {
      assertThat(e).hasMessageContaining("is missing");
      return false;
    }
  }

  /// The palace is deleted before some step: the snapshot is in its place, or whole where it was.
  @ParameterizedTest
  @EnumSource(
      value = Snapshot.Scope.class,
      names = {"ASIDE", "FULL"})
  void aPalaceDeletedMeanwhileLeavesTheSnapshotOrIsRestored(Snapshot.Scope scope)
      throws IOException {
    int steps = steps(scope);
    for (int number = 1; number <= steps; number++) {
      SmallWorld world = world(scope, number);
      int at = number;
      var identity = Identity.of(world.palace);
      var ops =
          new FaultyFileOps((step, real) -> {
            boolean old = identity.equals(Identity.of(world.palace));
            if (step.number() == at && old) {
              TreeDelete.delete(world.palace);
            }
            real.run();
          });
      boolean done = restored(world, ops);
      world.settle(FileOps.real(), Direction.BACK);

      String situation = "%s deleted before %d".formatted(scope, at);
      var store = SnapshotStore.in(world.ops);
      boolean kept =
          store.find(SmallWorld.KEPT).isPresent()
              && store.verify(store.find(SmallWorld.KEPT).get()).isEmpty();
      assertThat(world.isAsThen() || kept).as(situation).isTrue();
      assertThat(!done || world.isAsThen()).as(situation).isTrue();
    }
  }

  private static boolean restored(SmallWorld world, FileOps ops) {
    try {
      world.restore(ops);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
