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
import palace.common.files.RunningProcess;
import palace.common.swap.LogValue;
import palace.common.swap.PalacePaths;

/// The exclusive right to change one palace. Its parts are taken in a fixed order, ours before
/// MemPalace's, and let go in the reverse one. The palace itself may be missing, as in the middle
/// of an interrupted swap.
///
/// Holding it keeps other runs of ours and whatever of MemPalace honours its lock from writing. It
/// does not prove that nobody else uses the palace: that is what [#requireQuiet] looks for, and
/// what a [Fence] enforces for one database file.
public final class PalaceLock implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PalaceLock.class);
  private static final String NAME = "lock";

  private final Path palace;
  private final Homes homes;
  private final OpsFolder ops;
  private final MempalaceLock mempalace;
  private final Patience patience;

  private PalaceLock(
      Path palace, Homes homes, OpsFolder ops, MempalaceLock mempalace, Patience patience) {
    this.palace = palace;
    this.homes = homes;
    this.ops = ops;
    this.mempalace = mempalace;
    this.patience = patience;
  }

  /// Takes the lock of a palace at once, or says with [PalaceException.Busy] who holds it.
  public static PalaceLock acquire(Path palace, String command) throws IOException {
    return acquire(palace, command, Duration.ZERO);
  }

  /// Takes the lock of a palace, waiting for its holders as long as `wait` in all. The ops folder
  /// is created (mode 0700) when it is missing.
  public static PalaceLock acquire(Path palace, String command, Duration wait) throws IOException {
    var patience = Patience.of(wait);
    OpsFolder ops = acquireOps(palace, command, patience);
    try {
      var homes = Homes.of(palace);
      MempalaceLock mempalace = acquireMempalace(homes, palace, command, patience);
      LOG.info("lock.acquired palace={} command={}", LogValue.of(palace), LogValue.of(command));
      return new PalaceLock(palace, homes, ops, mempalace, patience);
    } catch (IOException | RuntimeException e) {
      closeAfter(ops, e);
      throw e;
    }
  }

  /// {@return who holds the palace now, another run of ours or else a MemPalace, or empty when
  /// nobody does} Nothing is written.
  public static Optional<LockHolder> holder(Path palace) throws IOException {
    var own = liveRun(palace);
    return own.isPresent()
        ? own
        : MempalaceLock.holder(Homes.of(palace), palace).map(LockHolder::of);
  }

  /// {@return who uses the palace now, as far as can be seen: who holds it, or else a process that
  /// has files of it open, as a Chroma does without any lock} Nothing is written.
  public static Optional<LockHolder> user(Path palace) throws IOException {
    var holder = holder(palace);
    return holder.isPresent()
        ? holder
        : OpenHandles.scan(palace).handles().stream()
            .findFirst()
            .map(handle -> LockHolder.of(new RunningProcess(handle.pid(), handle.command())));
  }

  /// {@return which run of ours holds the palace now, or empty when none does} Nothing is written.
  public static Optional<LockHolder> liveRun(Path palace) throws IOException {
    return LockFile.holder(PalacePaths.opsOf(palace).resolve(NAME)).map(LockHolder::parse);
  }

  /// Refuses a palace that somebody else uses, after waiting for it as long as is left of the
  /// patience with which the lock was taken.
  ///
  /// @param force to go on in spite of signs that may be stale, such as a note of a server; proof
  ///   of use, an open file or a running transaction, is never overridden
  /// @throws PalaceException.Busy when another process has files of the palace open, and names it
  /// @throws PalaceException.Refused when there are only signs, and `force` is not given
  public Quiet requireQuiet(boolean force) throws IOException {
    OpenHandles.Scan scan = OpenHandles.scan(palace);
    while (!scan.handles().isEmpty() && patience.pause()) {
      scan = OpenHandles.scan(palace);
    }
    if (!scan.handles().isEmpty()) {
      LOG.warn("handles pid={}", scan.handles().getFirst().pid());
      throw InUse.byHandles(palace, scan.handles());
    }
    List<String> signs = WeakSigns.of(homes, System.getenv(), palace);
    if (!signs.isEmpty() && !force) {
      throw InUse.bySigns(palace, signs);
    }
    return new Quiet(scan.hiddenProcesses(), warnings(scan, signs));
  }

  /// Keeps every other process from writing to a SQLite file, waiting for a running transaction as
  /// long as is left of the patience with which this lock was taken. Whoever calls closes it.
  ///
  /// @throws PalaceException.Busy when another process is in a transaction
  public Fence fence(Path database) throws IOException {
    return Fence.hold(database, patience.left());
  }

  /// As [#fence(Path)], where a fence can stand: not around a file that is missing, and not around
  /// one that SQLite would have to recover first or cannot open, into which nobody can write
  /// either.
  public Optional<Fence> fenceIfPossible(Path database) throws IOException {
    if (!Files.isRegularFile(database) || !Fence.canHold(database)) {
      return Optional.empty();
    }
    try {
      return Optional.of(fence(database));
    } catch (PalaceException.DamagedDatabase e) {
      return Optional.empty();
    }
  }

  /// Lets the palace go. A lock ends with its descriptor; a lock file that cannot be tidied is said
  /// and fails nothing, for what the run did stands.
  @Override
  public void close() {
    try (ops) {
      mempalace.close();
    } catch (IOException e) {
      LOG.warn("lock.not-tidied ops={} cause={}", LogValue.of(ops.directory()), LogValue.of(e));
    }
  }

  private List<String> warnings(OpenHandles.Scan scan, List<String> signs) {
    var warnings = new ArrayList<>(mempalace.warnings());
    if (!scan.looked()) {
      warnings.add("this system does not say which processes have files of the palace open");
    }
    warnings.addAll(signs);
    return warnings;
  }

  private static OpsFolder acquireOps(Path palace, String command, Patience patience)
      throws IOException {
    Path folder = PalacePaths.opsOf(palace);
    var ops = tryOps(palace, folder, command);
    while (ops.isEmpty()) {
      if (!patience.pause()) {
        throw busy(palace, folder);
      }
      ops = tryOps(palace, folder, command);
    }
    return ops.get();
  }

  private static Optional<OpsFolder> tryOps(Path palace, Path folder, String command)
      throws IOException {
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
      throw InUse.noFolder(palace, folder, e);
    }
  }

  private static PalaceException busy(Path palace, Path folder) throws IOException {
    var holder =
        LockFile.holder(folder.resolve(NAME))
            .map(LockHolder::parse)
            .orElse(new LockHolder(-1, "unknown", "unknown", "unknown"));
    LOG.warn("lock.busy holder={} command={}", holder.pid(), LogValue.of(holder.command()));
    return InUse.byRun(palace, holder);
  }

  private static MempalaceLock acquireMempalace(
      Homes homes, Path palace, String command, Patience patience) throws IOException {
    var lock = MempalaceLock.tryAcquire(homes, palace, command);
    while (lock.isEmpty()) {
      if (!patience.pause()) {
        throw busyMempalace(homes, palace);
      }
      lock = MempalaceLock.tryAcquire(homes, palace, command);
    }
    return lock.get();
  }

  private static PalaceException busyMempalace(Homes homes, Path palace) throws IOException {
    var holder = MempalaceLock.holderNow(homes, palace);
    LOG.warn("lock.busy holder={} command={}", holder.pid(), LogValue.of(holder.command()));
    return InUse.byMempalace(palace, holder);
  }

  private static void closeAfter(OpsFolder ops, Exception cause) {
    try {
      ops.close();
    } catch (IOException closing) {
      cause.addSuppressed(closing);
    }
  }
}
