package palace.common.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import palace.common.PalaceException;
import palace.common.files.FaultyFileOps;
import palace.common.files.FileOps;
import palace.common.snapshot.Snapshot;

/// The same for a palace whose entries are exchanged one by one.
final class ConfinedRestoreFaultsTest {
  /// Every pair of steps takes minutes; a twentieth of them shows the same.
  private static final boolean ALL = Boolean.getBoolean("palace.all");

  @TempDir Path directory;
  private int worlds;

  private SmallWorld world(Snapshot.Scope scope) throws IOException {
    return SmallWorld.confined(scope, Files.createDirectory(directory.resolve("w" + worlds++)));
  }

  private static FaultyFileOps mode(FaultyFileOps ops, boolean exchange) {
    return exchange ? ops : ops.withoutExchange();
  }

  private int stepsOf(Snapshot.Scope scope, boolean exchange) throws IOException {
    SmallWorld world = world(scope);
    FaultyFileOps counting = mode(FaultyFileOps.counting(), exchange);
    world.restore(counting);
    world.requireSettled("without a fault");
    assertThat(world.isAsThen()).isTrue();
    assertThat(counting.steps()).hasSizeGreaterThan(10);
    return counting.steps().size();
  }

  @ParameterizedTest
  @CsvSource({
    "ASIDE,true",
    "ASIDE,false",
    "FULL,true",
    "FULL,false",
    "DATABASE,true",
    "DATABASE,false"
  })
  void aRestoreKilledAtAnyStepIsSettledAndSoIsARecoveryKilledAtAnyStep(
      Snapshot.Scope scope, boolean exchange) throws IOException {
    int steps = stepsOf(scope, exchange);
    for (int killed = 1; killed <= steps; killed++) {
      int recoverySteps = settleAfterKillAt(killed, scope, exchange);
      for (int again = 1; again <= recoverySteps; again++) {
        if (!ALL && (killed + 3 * again) % 71 != 0) {
          continue;
        }
        SmallWorld world = killedWorld(killed, scope, exchange);
        killRecovery(world, again, exchange);
        world.settle(FileOps.real(), Direction.BACK);
        world.requireSettled(
            "%s killed at %d, recovery killed at %d".formatted(scope, killed, again));
      }
    }
  }

  private int settleAfterKillAt(int killed, Snapshot.Scope scope, boolean exchange)
      throws IOException {
    SmallWorld world = killedWorld(killed, scope, exchange);
    FaultyFileOps counting = mode(FaultyFileOps.counting(), exchange);
    world.settle(counting, Direction.BACK);
    world.requireSettled("%s killed at %d".formatted(scope, killed));
    return counting.steps().size();
  }

  private SmallWorld killedWorld(int killed, Snapshot.Scope scope, boolean exchange)
      throws IOException {
    SmallWorld world = world(scope);
    try {
      world.restore(mode(SmallWorld.killedAt(killed), exchange));
    } catch (SmallWorld.Killed | IOException | IllegalStateException expected) {
      return world;
    }
    return world;
  }

  private static void killRecovery(SmallWorld world, int at, boolean exchange) throws IOException {
    try {
      world.settle(mode(SmallWorld.killedAt(at), exchange), Direction.BACK);
    } catch (SmallWorld.Killed expected) {
      return;
    }
  }

  @ParameterizedTest
  @CsvSource({
    "ASIDE,true",
    "ASIDE,false",
    "FULL,true",
    "FULL,false",
    "DATABASE,true",
    "DATABASE,false"
  })
  void aRestoreKilledAtAnyStepCanBeFinishedToo(Snapshot.Scope scope, boolean exchange)
      throws IOException {
    int steps = stepsOf(scope, exchange);
    for (int killed = 1; killed <= steps; killed++) {
      SmallWorld world = killedWorld(killed, scope, exchange);
      world.settle(FileOps.real(), Direction.FORWARD);
      world.requireSettled("%s killed at %d, forward".formatted(scope, killed));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "ASIDE,true,false", "ASIDE,false,false", "FULL,true,false", "FULL,false,false",
    "DATABASE,true,false", "DATABASE,false,false", "ASIDE,true,true", "ASIDE,false,true",
    "FULL,true,true", "FULL,false,true", "DATABASE,true,true", "DATABASE,false,true"
  })
  void aStepThatFailsLeavesThePalaceAsItWasOrSaysThatItIsDone(
      Snapshot.Scope scope, boolean exchange, boolean forEver) throws IOException {
    int steps = stepsOf(scope, exchange);
    for (int failing = 1; failing <= steps; failing++) {
      SmallWorld world = world(scope);
      String situation = "%s failing at %d for ever %s".formatted(scope, failing, forEver);
      boolean done = false;
      boolean personNeeded = false;
      try {
        world.restore(mode(SmallWorld.failingAt(failing, forEver), exchange));
        done = true;
      } catch (PalaceException.PersonNeeded e) {
        personNeeded = true;
        assertThat(e.getMessage()).contains(world.palace.toString());
      } catch (IOException e) {
        assertThat(e).as(situation).isInstanceOf(PalaceException.class);
      }
      if (done) {
        assertThat(world.isAsThen()).as(situation).isTrue();
      } else if (!personNeeded) {
        assertThat(world.isAsToday()).as(situation + ": " + world.found()).isTrue();
      }
      world.settle(FileOps.real(), Direction.BACK);
      world.requireSettled(situation);
      if (!personNeeded) {
        assertThat(done).as(situation).isEqualTo(world.isAsThen());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"ASIDE", "FULL", "DATABASE"})
  void anExchangeIsTakenBackWhereNamesCannotBeExchangedAnyMore(Snapshot.Scope scope)
      throws IOException {
    int steps = stepsOf(scope, true);
    for (int killed = 1; killed <= steps; killed++) {
      int recoverySteps = settleAfterKillElsewhere(killed, scope);
      for (int again = 1 + killed % 17; again <= recoverySteps; again += ALL ? 1 : 17) {
        SmallWorld world = killedWorld(killed, scope, true);
        killRecovery(world, again, false);
        Direction direction = again % 4 < 2 ? Direction.BACK : Direction.FORWARD;
        world.settle(FaultyFileOps.counting().refusingExchange(), direction);
        world.requireSettled(
            "%s killed at %d, recovery killed at %d".formatted(scope, killed, again));
      }
    }
  }

  private int settleAfterKillElsewhere(int killed, Snapshot.Scope scope) throws IOException {
    SmallWorld world = killedWorld(killed, scope, true);
    FaultyFileOps counting = FaultyFileOps.counting().withoutExchange();
    world.settle(counting, Direction.BACK);
    world.requireSettled("%s killed at %d, settled by renames".formatted(scope, killed));
    return counting.steps().size();
  }
}
