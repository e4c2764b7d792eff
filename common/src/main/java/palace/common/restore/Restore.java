package palace.common.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.RunId;
import palace.common.files.FileOps;
import palace.common.history.History;
import palace.common.history.HistoryEntry;
import palace.common.lock.Fence;
import palace.common.lock.PalaceLock;
import palace.common.snapshot.SnapshotDifference;
import palace.common.snapshot.SnapshotEntry;
import palace.common.snapshot.SnapshotStore;
import palace.common.store.PalaceLayout;
import palace.common.swap.LogValue;
import palace.common.swap.MoveJournal;
import palace.common.swap.Occasion;
import palace.common.swap.PalacePaths;

/// Puts a kept state of a palace back. What it takes the place of becomes a snapshot, so that a
/// restore is undone by another one.
///
/// A displaced palace is moved in again as it is, which needs no room and takes as long as a
/// rename; its snapshot ceases to exist, because it is the palace now. Of a snapshot made on
/// request a copy is put in place. Of a repair's snapshot the database and the segments that the
/// repair replaced change places with what is there now.
public final class Restore {
  private static final Logger LOG = LoggerFactory.getLogger(Restore.class);
  private static final String COMMAND = "restore";

  private final Progress progress;
  private final Clock clock;
  private final FileOps ops;

  /// A restore that reports how far it is.
  public Restore(Progress progress) {
    this(progress, Clock.systemUTC(), FileOps.real());
  }

  Restore(Progress progress, Clock clock, FileOps ops) {
    this.progress = progress;
    this.clock = clock;
    this.ops = ops;
  }

  /// {@return what putting a snapshot back would do} Nothing is written.
  ///
  /// @param snapshot the id, as a person typed it
  /// @throws PalaceException.Refused when there is no such snapshot
  public RestorePlan plan(Path palace, String snapshot) throws IOException {
    RunId id = SnapshotChoice.idOf(snapshot);
    PalacePaths paths = PalacePaths.of(palace, RunId.now(clock));
    var store = new SnapshotStore(ops, paths.ops());
    return switch (SnapshotChoice.of(store, id)) {
      case SnapshotChoice.InPlace(RunId by) ->
          new RestorePlan.AlreadyInPlace(paths.palace(), id, by);
      case SnapshotChoice.There(SnapshotEntry.Kept kept) ->
          new PlanMaking(paths, store, progress).of(kept);
    };
  }

  /// Puts a snapshot back.
  ///
  /// The order: lock, settle, verify the snapshot, see that nobody uses the palace, exchange, file
  /// what was there. Whatever is thrown, the palace is as it was, except with
  /// [PalaceException.PersonNeeded], whose message says where everything is.
  public RestoreReport restore(RestoreRequest request) throws IOException {
    long start = System.nanoTime();
    var run = RunId.now(clock);
    RunId id = SnapshotChoice.idOf(request.snapshot());
    Path palace = PalacePaths.of(request.palace(), run).palace();
    try (PalaceLock lock = PalaceLock.acquire(palace, COMMAND, request.patience())) {
      Settled settled =
          new Recovery(ops, clock, palace, request.toolVersion()).settle(Direction.BACK);
      var paths = PalacePaths.of(palace, run);
      var warnings = new ArrayList<>(settled.warnings());
      RestoreReport.Outcome outcome = restore(lock, paths, new Asked(id, request), warnings);
      var report =
          new RestoreReport(
              run,
              paths.palace(),
              id,
              outcome,
              settled.sentences(),
              warnings,
              (System.nanoTime() - start) / 1e9);
      LOG.info("done op=restore ms={} snapshot={}", Math.round(report.seconds() * 1e3), id);
      return report;
    }
  }

  /// A request whose id has been understood.
  private record Asked(RunId id, RestoreRequest request) {}

  private RestoreReport.Outcome restore(
      PalaceLock lock, PalacePaths paths, Asked asked, List<String> warnings) throws IOException {
    var store = new SnapshotStore(ops, paths.ops());
    return switch (SnapshotChoice.of(store, asked.id())) {
      case SnapshotChoice.InPlace(RunId by) -> new RestoreReport.Outcome.AlreadyInPlace(by);
      case SnapshotChoice.There(SnapshotEntry.Kept kept) -> {
        requireWhole(store, kept);
        var occasion =
            new Occasion(paths.run(), COMMAND, clock.instant(), asked.request().toolVersion());
        yield recorded(lock, new RestoreRun(ops, paths, occasion, store, kept), asked, warnings);
      }
    };
  }

  private static void requireWhole(SnapshotStore store, SnapshotEntry.Kept kept)
      throws IOException {
    List<SnapshotDifference> damage = store.verify(kept);
    if (!damage.isEmpty()) {
      throw new PalaceException.Refused(
          "snapshot %s is damaged: %s in %s%s; nothing was changed"
              .formatted(
                  kept.snapshot().id(),
                  damage.getFirst().sentence(),
                  kept.directory(),
                  damage.size() == 1 ? "" : " and %d more".formatted(damage.size() - 1)),
          "choose another one: palace snapshot list");
    }
  }

  private RestoreReport.Outcome recorded(
      PalaceLock lock, RestoreRun run, Asked asked, List<String> warnings) throws IOException {
    try {
      RestoreReport.Outcome.Restored outcome = exchange(lock, run, asked, warnings);
      record(run, asked, "done", 0, warnings);
      return outcome;
    } catch (PalaceException e) {
      record(run, asked, wordFor(e), e.exitCode().code(), warnings);
      throw e;
    } catch (IOException e) {
      record(run, asked, "rolled-back", 1, warnings);
      throw new PalaceException.Failed(
          "the restore of %s failed: %s; the palace is as it was".formatted(asked.id(), e),
          "remove the cause and run it again",
          e);
    }
  }

  private static String wordFor(PalaceException failure) {
    return switch (failure.exitCode()) {
      case PERSON_NEEDED -> "failed";
      case REFUSED, BUSY, USAGE -> "refused";
      case DONE, FAILED, PROBLEMS_FOUND, JAVA_TOO_OLD, CANCELLED -> "rolled-back";
    };
  }

  private RestoreReport.Outcome.Restored exchange(
      PalaceLock lock, RestoreRun run, Asked asked, List<String> warnings) throws IOException {
    Path palace = run.paths().palace();
    boolean missing = LostJournal.isMissing(palace);
    run.prepare();
    try {
      if (!missing) {
        warnings.addAll(lock.requireQuiet(asked.request().force()).warnings());
      }
      MoveJournal journal;
      try (var fence = new Held(lock.fenceIfPossible(palace.resolve(PalaceLayout.DATABASE)))) {
        journal = run.exchange(missing);
      }
      return run.file(journal, missing, warnings);
    } catch (PalaceException.PersonNeeded e) {
      throw e;
    } catch (IOException | RuntimeException | Error e) {
      run.discard(e);
      throw e;
    }
  }

  /// Perhaps a fence.
  private record Held(Optional<Fence> fence) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      if (fence.isPresent()) {
        fence.get().close();
      }
    }
  }

  private void record(
      RestoreRun run, Asked asked, String outcome, int exitCode, List<String> warnings) {
    try {
      History.in(run.paths().ops())
          .append(
              new HistoryEntry(
                  clock.instant(),
                  run.paths().run(),
                  COMMAND,
                  outcome,
                  exitCode,
                  asked.request().toolVersion(),
                  Map.of("restored", asked.id().value(), "scope", run.scope().word())));
    } catch (IOException e) {
      LOG.warn("history.not-written cause={}", LogValue.of(e));
      warnings.add("this run is not in the history: " + e.getMessage());
    }
  }
}
