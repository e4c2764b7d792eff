package palace.common.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.Progress;
import palace.common.RunId;
import palace.common.files.FileOps;
import palace.common.history.History;
import palace.common.history.HistoryEntry;
import palace.common.lock.Fence;
import palace.common.lock.PalaceLock;
import palace.common.snapshot.Snapshot;
import palace.common.snapshot.SnapshotStore;
import palace.common.store.Palace;
import palace.common.store.PalaceLayout;
import palace.common.swap.LogValue;
import palace.common.swap.Occasion;
import palace.common.swap.PalacePaths;

/// Makes a snapshot on request, with the palace where it is.
public final class TakeSnapshot {
  private static final Logger LOG = LoggerFactory.getLogger(TakeSnapshot.class);

  /// How such a run is named in the catalogue and in the history.
  static final String COMMAND = "snapshot create";

  private final Clock clock;
  private final FileOps ops;
  private final Progress progress;

  /// One that works on the real file system and reports how far it is.
  public TakeSnapshot(Progress progress) {
    this(Clock.systemUTC(), FileOps.real(), progress);
  }

  TakeSnapshot(Clock clock, FileOps ops, Progress progress) {
    this.clock = clock;
    this.ops = ops;
    this.progress = progress;
  }

  /// What is asked for.
  ///
  /// @param palace the palace
  /// @param scope [Snapshot.Scope#FULL] or [Snapshot.Scope#DATABASE]
  /// @param patience how long to wait for whoever holds the palace
  /// @param toolVersion version of this tool, for snapshot and history
  public record Request(Path palace, Snapshot.Scope scope, Duration patience, String toolVersion) {
    /// Checks that such a snapshot is made on request.
    public Request {
      if (scope == Snapshot.Scope.ASIDE) {
        throw new IllegalArgumentException("an aside is made by a swap only");
      }
    }
  }

  /// Takes the lock, settles what an interrupted run left, holds writers off and copies. Readers
  /// may have the palace open meanwhile.
  ///
  /// @throws palace.common.PalaceException.Refused when there is not enough room
  public Snapshot take(Request request) throws IOException {
    var run = RunId.now(clock);
    Path named = PalacePaths.of(request.palace(), run).palace();
    try (PalaceLock lock = PalaceLock.acquire(named, COMMAND, request.patience())) {
      new Recovery(ops, clock, named, request.toolVersion()).settle(Direction.BACK);
      Path palace = Palace.locate(named);
      var paths = PalacePaths.of(palace, run);
      var occasion = new Occasion(run, COMMAND, clock.instant(), request.toolVersion());
      Snapshot snapshot = copy(lock, paths, occasion, request.scope());
      record(paths, occasion, snapshot);
      return snapshot;
    }
  }

  private Snapshot copy(PalaceLock lock, PalacePaths paths, Occasion occasion, Snapshot.Scope scope)
      throws IOException {
    Path database = paths.palace().resolve(PalaceLayout.DATABASE);
    var store = new SnapshotStore(ops, paths.ops());
    Optional<Fence> fence =
        Fence.canHold(database) ? Optional.of(lock.fence(database)) : Optional.empty();
    try {
      return scope == Snapshot.Scope.FULL
          ? store.createFull(paths, occasion, progress)
          : store.createDatabase(paths, occasion, progress);
    } finally {
      if (fence.isPresent()) {
        fence.get().close();
      }
    }
  }

  private void record(PalacePaths paths, Occasion occasion, Snapshot snapshot) {
    try {
      History.in(paths.ops())
          .append(
              new HistoryEntry(
                  clock.instant(),
                  paths.run(),
                  COMMAND,
                  "done",
                  0,
                  occasion.toolVersion(),
                  Map.of("scope", snapshot.scope().word(), "bytes", snapshot.bytes())));
    } catch (IOException e) {
      LOG.warn("history.not-written cause={}", LogValue.of(e));
    }
  }
}
