package palace.migrate;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.RunId;
import palace.common.lock.PalaceLock;
import palace.common.lock.Quiet;
import palace.common.restore.Direction;
import palace.common.restore.Recovery;
import palace.common.restore.Settled;
import palace.common.store.Palace;

/// Migrates palaces: plans, builds beside, proves, exchanges.
public final class PalaceMigrator {
  private final Progress progress;
  private final Clock clock;

  /// A migrator that reports how far it is.
  public PalaceMigrator(Progress progress) {
    this(progress, Clock.systemUTC());
  }

  PalaceMigrator(Progress progress, Clock clock) {
    this.progress = progress;
    this.clock = clock;
  }

  /// {@return what a migration would do} Nothing is written.
  ///
  /// @throws PalaceException when the palace cannot be read, or holds what the release cannot hold
  public MigrationPlan plan(MigrationRequest request) throws IOException {
    try (OpenSource source = OpenSource.open(request.palace())) {
      return planner(source, request).plan(request.targetDirectory().orElse(request.palace()));
    }
  }

  private static MigrationPlanner planner(OpenSource source, MigrationRequest request) {
    return new MigrationPlanner(
        source, CollectionTarget.of(source), request.release(), request.batchSize());
  }

  /// Does what is asked.
  ///
  /// Whatever is thrown, the palace is as it was, except with [PalaceException.PersonNeeded], whose
  /// message says where everything is.
  public MigrationReport migrate(MigrationRequest request) throws IOException {
    var run = RunId.now(clock);
    long start = System.nanoTime();
    boolean interrupted = isInterrupted(request.palace());
    if (!interrupted && request.ifNeeded() && isCurrent(request)) {
      return nothingToDo(run, request, start);
    }
    if (request.dryRun()) {
      return unchanged(run, request, new MigrationReport.Outcome.Planned(), start);
    }
    if (request.targetDirectory().isPresent()) {
      return intoTarget(run, request, request.targetDirectory().get());
    }
    try (var lock = PalaceLock.acquire(request.palace(), "migrate", request.patience())) {
      Settled settled =
          Recovery.settle(lock, request.palace(), Direction.BACK, request.toolVersion());
      if (interrupted && request.ifNeeded() && isCurrent(request)) {
        return nothingToDo(run, request, start);
      }
      return inPlace(run, request, lock, settled);
    }
  }

  /// The lock is the target's: without it another command there would take the build for that of a
  /// run that is dead.
  private MigrationReport intoTarget(RunId run, MigrationRequest request, Path target)
      throws IOException {
    Path palace = Palace.locate(request.palace());
    var migration = new MigrationRun(request, run, palace, progress, clock);
    migration.checkTarget();
    try (var lock = PalaceLock.acquire(target, "migrate", request.patience())) {
      return migration.intoTarget();
    }
  }

  private MigrationReport inPlace(
      RunId run, MigrationRequest request, PalaceLock lock, Settled settled) throws IOException {
    Path palace = Palace.locate(request.palace());
    Quiet quiet = lock.requireQuiet(request.force());
    var said = new ArrayList<>(settled.sentences());
    said.addAll(settled.warnings());
    said.addAll(quiet.warnings());
    if (quiet.hiddenProcesses() > 0) {
      said.add(
          "processes that could not be looked into: %d; whether one of them uses the palace is not known"
              .formatted(quiet.hiddenProcesses()));
    }
    try (Grip grip = Grip.on(lock, palace)) {
      return new MigrationRun(request, run, palace, progress, clock).inPlace(grip, said);
    }
  }

  /// {@return whether a run was interrupted; without one the palace has to be there, because a lock
  /// on a path that was mistyped would leave its folder there}
  private static boolean isInterrupted(Path palace) throws IOException {
    try {
      Palace.locate(palace);
    } catch (PalaceException e) {
      if (Recovery.look(palace).nothing()) {
        throw e;
      }
      return true;
    }
    return !Recovery.look(palace).runs().isEmpty();
  }

  private MigrationReport nothingToDo(RunId run, MigrationRequest request, long start)
      throws IOException {
    String reason =
        "the palace is already at schema %s of Chroma %s, no migration is pending"
            .formatted(request.release().level(), request.release().level().releases());
    return unchanged(run, request, new MigrationReport.Outcome.NothingToDo(reason), start);
  }

  private static boolean isCurrent(MigrationRequest request) throws IOException {
    try (OpenSource source = OpenSource.open(request.palace())) {
      return MigrationPlanner.isCurrent(source, request.release());
    }
  }

  private MigrationReport unchanged(
      RunId run, MigrationRequest request, MigrationReport.Outcome outcome, long start)
      throws IOException {
    MigrationPlan plan = plan(request);
    return new MigrationReport(
        run,
        plan,
        outcome,
        List.of(),
        Map.of(),
        List.of(),
        plan.notCarried(),
        List.of(),
        (System.nanoTime() - start) / 1e9);
  }
}
