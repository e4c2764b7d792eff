package palace.common.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.files.FaultyFileOps;
import palace.common.files.FileOps;
import palace.common.snapshot.Snapshot;

/// A restore, and the recovery from it, stopped and failed at every single step.
final class RestoreFaultsTest {
  /// Every pair of steps takes minutes; a tenth of them shows the same.
  private static final boolean ALL = Boolean.getBoolean("palace.all");

  @TempDir Path directory;
  private int worlds;

  private SmallWorld world(Snapshot.Scope scope) throws IOException {
    return SmallWorld.with(scope, Files.createDirectory(directory.resolve("w" + worlds++)));
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
        if (!ALL && (killed + 3 * again) % 41 != 0) {
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
  void aPalaceBehindALinkIsFoundAlsoWhileItIsAway(Snapshot.Scope scope) throws IOException {
    int steps = stepsOf(scope, false);
    int away = 0;
    for (int killed = 1; killed <= steps; killed++) {
      SmallWorld world = world(scope);
      Path outside = Files.createDirectory(directory.resolve("links" + worlds));
      Path link =
          Files.createSymbolicLink(
              outside.resolve("link"), outside.relativize(world.home).resolve("palace"));
      var request = RestoreRequest.of(link, SmallWorld.KEPT.value(), "0.2.0");
      FaultyFileOps dying = SmallWorld.killedAt(killed).withoutExchange();
      try {
        new Restore(Progress.SILENT, SmallWorld.CLOCK, dying).restore(request);
      } catch (SmallWorld.Killed | IOException | IllegalStateException expected) {
        if (!Files.exists(link)) {
          away++;
          assertThat(Recovery.look(link).missing()).isTrue();
        }
      }
      new Recovery(FileOps.real(), SmallWorld.CLOCK, link, "0.2.0").settle(Direction.BACK);
      world.requireSettled("%s behind a link, killed at %d".formatted(scope, killed));
      assertThat(SmallWorld.names(outside)).containsExactly("link");
    }
    assertThat(away > 0).isEqualTo(scope != Snapshot.Scope.DATABASE);
  }
}
