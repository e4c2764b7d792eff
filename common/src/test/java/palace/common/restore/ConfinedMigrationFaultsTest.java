package palace.common.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import palace.common.PalaceException;
import palace.common.RunId;
import palace.common.files.FaultyFileOps;
import palace.common.files.FileOps;
import palace.common.files.Listing;
import palace.common.files.TreeDelete;
import palace.common.files.TreeDigest;
import palace.common.snapshot.Snapshot;
import palace.common.snapshot.SnapshotStore;
import palace.common.swap.EntrySwap;
import palace.common.swap.MoveJournal;
import palace.common.swap.Occasion;
import palace.common.swap.OwnFiles;
import palace.common.swap.PalacePaths;
import palace.common.swap.Seal;

/// A build that takes the place of a confined palace's store entry by entry, stopped and failed at
/// every single step, with its journal and with the journal lost.
final class ConfinedMigrationFaultsTest {
  private static final RunId RUN = new RunId("20261121T010000Z-000001");

  @TempDir Path directory;
  private int worlds;

  /// A confined palace with a `-wal`, and a sealed build beside it.
  private SmallWorld world() throws IOException {
    Path home = Files.createDirectory(directory.resolve("w" + worlds++));
    SmallWorld world = SmallWorld.confined(Snapshot.Scope.ASIDE, home);
    TreeDelete.delete(world.ops.resolve("snapshots"));
    Path wal = world.palace.resolve("chroma.sqlite3-wal");
    Files.writeString(wal, "wal of today");
    world.today.put("chroma.sqlite3-wal", TreeDigest.ofFile(wal));
    Path build = Files.createDirectory(world.paths(RUN).build());
    Files.writeString(build.resolve("chroma.sqlite3"), "database new");
    SmallWorld.segment(build, SmallWorld.OLD_SEGMENT, "new");
    var origin = new Seal.Origin(RUN.value(), "0.2.0", SmallWorld.NOW, "1.0", "1.5.9");
    Seal.of(build, origin, Map.of(), List.of()).write(build);
    return world;
  }

  private static void migrate(SmallWorld world, FileOps ops) throws IOException {
    PalacePaths paths = world.paths(RUN);
    var store = new SnapshotStore(ops, paths.ops());
    Path folder = store.prepare(RUN, Snapshot.Scope.ASIDE).resolve("palace");
    var incoming = new ArrayList<EntrySwap.Incoming>();
    for (String name : List.of("chroma.sqlite3", SmallWorld.OLD_SEGMENT)) {
      incoming.add(new EntrySwap.Incoming(paths.build().resolve(name), name));
    }
    incoming.addAll(OwnFiles.incoming(ops, paths.build(), world.palace));
    var outgoing = new ArrayList<EntrySwap.Outgoing>();
    for (Path entry : Listing.of(world.palace)) {
      String name = entry.getFileName().toString();
      if (!List.of(".palace", "config.json", "notes.txt").contains(name)) {
        outgoing.add(new EntrySwap.Outgoing(name, folder.resolve(name)));
      }
    }
    outgoing.addAll(OwnFiles.outgoing(ops, world.palace, folder));
    var occasion = new Occasion(RUN, "migrate", SmallWorld.NOW, "0.2.0");
    MoveJournal journal =
        EntrySwap.on(ops)
            .publish(paths, occasion, MoveJournal.Purpose.migrate(), incoming, outgoing);
    ops.delete(paths.build());
    store.file(journal, paths, Snapshot.Known.NOTHING);
  }

  private static FaultyFileOps mode(FaultyFileOps ops, boolean exchange) {
    return exchange ? ops : ops.withoutExchange();
  }

  private SmallWorld killed(int at, boolean exchange) throws IOException {
    SmallWorld world = world();
    try {
      migrate(world, mode(SmallWorld.killedAt(at), exchange));
    } catch (SmallWorld.Killed | IOException expected) {
      return world;
    }
    return world;
  }

  private int steps(boolean exchange) throws IOException {
    SmallWorld world = world();
    FaultyFileOps counting = mode(FaultyFileOps.counting(), exchange);
    migrate(world, counting);
    assertThat(requireOldXorNew(world, "without a fault")).isTrue();
    assertThat(counting.steps()).hasSizeGreaterThan(20);
    return counting.steps().size();
  }

  /// Gives whether it is the new one.
  private static boolean requireOldXorNew(SmallWorld world, String situation) throws IOException {
    boolean fresh = Files.readString(world.palace.resolve("chroma.sqlite3")).equals("database new");
    assertThat(SmallWorld.names(world.palace.resolve(".palace")))
        .as(situation)
        .containsExactly("ops", "seal.json");
    assertThat(SmallWorld.names(world.ops)).as(situation).doesNotContain("journal-" + RUN);
    assertThat(MoveJournal.pending(world.ops)).as(situation).isEmpty();
    assertThat(world.palace.resolve("config.json")).as(situation).hasContent("{}");
    var store = SnapshotStore.in(world.ops);
    if (!fresh) {
      assertThat(world.isAsToday()).as(situation + ": " + world.found()).isTrue();
      assertThat(store.list()).as(situation).isEmpty();
      return false;
    }
    assertThat(SmallWorld.names(world.palace))
        .as(situation)
        .containsExactly(
            ".palace", SmallWorld.OLD_SEGMENT, "chroma.sqlite3", "config.json", "notes.txt");
    assertThat(Seal.read(world.palace).orElseThrow().origin().run()).isEqualTo(RUN.value());
    assertThat(store.verify(store.find(RUN).orElseThrow())).as(situation).isEmpty();
    var kept = TreeDigest.of(world.paths(RUN).snapshot().resolve("palace"));
    var expected = new java.util.TreeMap<>(world.today);
    expected.remove("notes.txt");
    assertThat(kept).as(situation).isEqualTo(expected);
    return true;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void killedAtAnyStepItIsSettledAndSoIsARecoveryKilledAtAnyStep(boolean exchange)
      throws IOException {
    int steps = steps(exchange);
    for (int at = 1; at <= steps; at++) {
      SmallWorld world = killed(at, exchange);
      FaultyFileOps counting = mode(FaultyFileOps.counting(), exchange);
      world.settle(counting, Direction.BACK);
      requireOldXorNew(world, "killed at " + at);
      for (int again = 1 + at % 11; again <= counting.steps().size(); again += 11) {
        SmallWorld twice = killed(at, exchange);
        try {
          twice.settle(mode(SmallWorld.killedAt(again), exchange), Direction.BACK);
        } catch (SmallWorld.Killed expected) {
          assertThat(expected).isNotNull();
        }
        twice.settle(FileOps.real(), Direction.BACK);
        requireOldXorNew(twice, "killed at %d, recovery at %d".formatted(at, again));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void killedAtAnyStepItCanBeFinished(boolean exchange) throws IOException {
    int steps = steps(exchange);
    for (int at = 1; at <= steps; at++) {
      SmallWorld world = killed(at, exchange);
      boolean journaled = !MoveJournal.pending(world.ops).isEmpty();
      world.settle(FileOps.real(), Direction.FORWARD);
      boolean fresh = requireOldXorNew(world, "killed at %d, forward".formatted(at));
      assertThat(fresh || !journaled).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aStepThatFailsLeavesOneOfTheTwo(boolean exchange) throws IOException {
    int steps = steps(exchange);
    for (int at = 1; at <= steps; at++) {
      for (boolean forEver : new boolean[] {false, true}) {
        SmallWorld world = world();
        try {
          migrate(world, mode(SmallWorld.failingAt(at, forEver), exchange));
        } catch (IOException expected) {
          assertThat(expected).isNotNull();
        }
        world.settle(FileOps.real(), Direction.BACK);
        requireOldXorNew(world, "failing at %d for ever %s".formatted(at, forEver));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void withoutItsJournalNothingIsLostAndNothingIsGuessed(boolean unreadable) throws IOException {
    for (boolean exchange : new boolean[] {true, false}) {
      int steps = steps(exchange);
      int back = 0;
      for (int at = 1; at <= steps; at++) {
        SmallWorld world = killed(at, exchange);
        for (MoveJournal.Found journal : MoveJournal.pending(world.ops)) {
          lose(journal.file(), unreadable);
        }
        boolean noDatabase = !Files.exists(world.palace.resolve("chroma.sqlite3"));
        boolean settled = true;
        try {
          world.settle(FileOps.real(), Direction.BACK);
        } catch (PalaceException.PersonNeeded e) {
          settled = false;
        }
        String situation = "killed at %d, exchange %s".formatted(at, exchange);
        assertThat(hasTheOldDatabase(world)).as(situation).isTrue();
        assertThat(settled || !noDatabase).as(situation).isTrue();
        if (settled && noDatabase) {
          assertThat(world.isAsToday()).as(situation + ": " + world.found()).isTrue();
          back++;
        }
      }
      assertThat(back > 0).isEqualTo(!exchange);
    }
  }

  private static void lose(Path journal, boolean unreadable) throws IOException {
    if (unreadable) {
      Files.writeString(journal, "{\"formatVersion\":");
    } else {
      Files.delete(journal);
    }
  }

  private static boolean hasTheOldDatabase(SmallWorld world) throws IOException {
    var old = world.today.get("chroma.sqlite3");
    return TreeDigest.of(world.home).values().stream().anyMatch(old::equals);
  }
}
