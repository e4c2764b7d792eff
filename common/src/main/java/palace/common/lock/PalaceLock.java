package palace.common.lock;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.PalaceException;
import palace.common.files.LockFile;
import palace.common.swap.LogValue;
import palace.common.swap.PalacePaths;

/// The exclusive right to change one palace. Its parts are taken in a fixed order and let go in the
/// reverse one.
public final class PalaceLock implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PalaceLock.class);
  private static final Duration PAUSE = Duration.ofMillis(100);
  private static final String NAME = "lock";

  private final Path palace;
  private final List<Hold> holds;
  private final Instant patienceEnds;

  private PalaceLock(Path palace, List<Hold> holds, Instant patienceEnds) {
    this.palace = palace;
    this.holds = List.copyOf(holds);
    this.patienceEnds = patienceEnds;
  }

  /// Takes the lock of a palace at once, or says with [PalaceException.Busy] who holds it.
  public static PalaceLock acquire(Path palace, String command) throws IOException {
    return acquire(palace, command, Duration.ZERO);
  }

  /// Takes the lock of a palace, waiting for its holder as long as `wait`. The ops folder is
  /// created (mode 0700) when it is missing.
  public static PalaceLock acquire(Path palace, String command, Duration wait) throws IOException {
    Path folder = PalacePaths.opsOf(palace);
    long deadline = System.nanoTime() + wait.toNanos();
    var ops = tryOps(folder, command);
    while (ops.isEmpty()) {
      if (System.nanoTime() >= deadline) {
        throw busy(palace, folder);
      }
      pause();
      ops = tryOps(folder, command);
    }
    LOG.info("lock.acquired palace={} command={}", LogValue.of(palace), LogValue.of(command));
    return new PalaceLock(palace, List.of(ops.get()), Instant.now().plus(wait));
  }

  /// {@return who holds the palace now, or empty when nobody does} Nothing is written.
  public static Optional<LockHolder> holder(Path palace) throws IOException {
    return LockFile.holder(PalacePaths.opsOf(palace).resolve(NAME)).map(LockHolder::parse);
  }

  /// Refuses a palace that somebody else uses.
  ///
  /// @param force to go on in spite of signs that may be stale, such as a note of a server; proof of
  ///   use, an open file, is never overridden
  /// @throws PalaceException.Busy when another process has files of the palace open, and names it
  /// @throws PalaceException.Refused when there are only signs, and `force` is not given
  public Quiet requireQuiet(boolean force) throws IOException {
    OpenHandles.Scan scan = OpenHandles.scan(palace);
    if (!scan.handles().isEmpty()) {
      OpenHandles.Handle first = scan.handles().getFirst();
      throw new PalaceException.Busy(
          "%s is open in process %d (%s): %s; nothing was changed"
              .formatted(palace, first.pid(), first.command(), first.file().getFileName()),
          "stop that process, then run it again");
    }
    return new Quiet(scan.hiddenProcesses(), List.of());
  }

  /// Keeps every other process from writing to a SQLite file, waiting for a running transaction as
  /// long as is left of the patience with which this lock was taken. Whoever calls closes it.
  ///
  /// @throws PalaceException.Busy when another process is in a transaction
  public Fence fence(Path database) throws IOException {
    var left = Duration.between(Instant.now(), patienceEnds);
    return Fence.hold(database, left.isNegative() ? Duration.ZERO : left);
  }

  /// Lets the palace go.
  @Override
  public void close() throws IOException {
    var failures = new ArrayList<IOException>();
    for (Hold hold : holds.reversed()) {
      try {
        hold.close();
      } catch (IOException e) {
        failures.add(e);
      }
    }
    if (!failures.isEmpty()) {
      IOException first = failures.removeFirst();
      failures.forEach(first::addSuppressed);
      throw first;
    }
  }

  private static Optional<OpsFolder> tryOps(Path folder, String command) throws IOException {
    try {
      boolean created = OpsFolder.create(folder);
      var body = LockHolder.self(command, Instant.now()).toJson();
      return LockFile.tryAcquire(folder.resolve(NAME), body)
          .map(lock -> new OpsFolder(folder, lock, created));
    } catch (IOException e) {
      // A previous holder may have removed its folder between the two steps: then try again.
      if (e instanceof NoSuchFileException && !Files.exists(folder)) {
        return Optional.empty();
      }
      throw new PalaceException.Refused(
          "cannot take the lock in %s: %s; nothing was changed".formatted(folder, e),
          "give access to that folder, on a file system with locks",
          e);
    }
  }

  private static PalaceException busy(Path palace, Path folder) throws IOException {
    var holder =
        LockFile.holder(folder.resolve(NAME))
            .map(LockHolder::parse)
            .orElse(new LockHolder(-1, "unknown", "unknown", "unknown"));
    LOG.warn("lock.busy holder={} command={}", holder.pid(), LogValue.of(holder.command()));
    return new PalaceException.Busy(
        "%s is in use by process %d on %s (%s, since %s); nothing was changed"
            .formatted(palace, holder.pid(), holder.host(), holder.command(), holder.since()),
        "wait for it, or let this command wait with --wait SECONDS");
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(PAUSE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PalaceException.Failed("interrupted; nothing was changed", "run it again", e);
    }
  }
}
