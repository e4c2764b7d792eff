package palace.migrate;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.RunId;
import palace.common.lock.OpenHandles;
import palace.common.lock.PalaceLock;
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
    Path palace = Palace.locate(request.palace());
    if (request.ifNeeded() && isCurrent(palace, request)) {
      String reason =
          "the palace is already at schema %s of Chroma %s, no migration is pending"
              .formatted(request.release().level(), request.release().level().releases());
      return unchanged(run, request, new MigrationReport.Outcome.NothingToDo(reason), start);
    }
    if (request.dryRun()) {
      return unchanged(run, request, new MigrationReport.Outcome.Planned(), start);
    }
    if (request.targetDirectory().isPresent()) {
      return new MigrationRun(request, run, palace, progress, clock).run();
    }
    try (var lock = PalaceLock.acquire(palace, "migrate", request.patience())) {
      requireUnused(palace);
      return new MigrationRun(request, run, palace, progress, clock).run();
    }
  }

  private static boolean isCurrent(Path palace, MigrationRequest request) throws IOException {
    try (OpenSource source = OpenSource.open(palace)) {
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

  /// Refuses a palace that another process has open, and names it.
  static void requireUnused(Path palace) throws IOException {
    OpenHandles.Scan scan = OpenHandles.scan(palace);
    if (!scan.handles().isEmpty()) {
      String holders =
          scan.handles().stream()
              .map(handle -> "process %d (%s)".formatted(handle.pid(), handle.command()))
              .distinct()
              .collect(Collectors.joining(", "));
      throw new PalaceException.Busy(
          "%s is open in %s; nothing was changed".formatted(palace, holders),
          "stop it, or write the new palace elsewhere with --target DIR");
    }
  }
}
