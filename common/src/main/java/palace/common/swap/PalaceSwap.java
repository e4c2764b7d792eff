package palace.common.swap;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.PalaceException;
import palace.common.files.FileOps;
import palace.common.files.Identity;
import palace.common.files.Listing;
import palace.common.files.MountPoints;
import palace.common.files.TreeDigest;

/// Puts a proven tree, a build or a snapshot's `palace/`, in the place of a palace.
///
/// Before the first step the journal with both moves is durable. Where two names can change places
/// in one step, the palace's path holds a whole palace at every moment:
///
/// | step | palace | aside | replacement's own name | after a crash here: by the journal; by the names |
/// |---|---|---|---|---|
/// | journal written | old | - | new | no move done: old; a build is disposable |
/// | replacement renamed to the aside's name | old | new | - | first done, take it back: old; the aside is sealed by its own run, so it is a build |
/// | both exchanged | new | old | - | both done: new; the aside is sealed by another run, so it is filed |
///
/// Elsewhere there is one window in which nothing stands at that path, and both whole trees beside
/// it:
///
/// | step | palace | aside | replacement's own name | after a crash here: by the journal; by the names |
/// |---|---|---|---|---|
/// | journal written | old | - | new | no move done: old; a build is disposable |
/// | palace renamed aside | - | old | new | first done, take it back: old; the palace is missing, its aside goes back |
/// | replacement renamed in | new | old | - | both done: new; as above |
///
/// Then every directory that lost or received a name is flushed, the palace's own first. Before
/// that flush a power cut may show any line of the table; after it only the last one. The journal
/// stays until the aside is filed, and nothing is deleted before the flush. Any error puts the old
/// palace back at once, flushes, and only then removes the journal. A journal is replaced only
/// while no move of it is done, by one durable rename.
public final class PalaceSwap {
  private static final List<Duration> PAUSES =
      List.of(Duration.ofMillis(50), Duration.ofMillis(200), Duration.ofMillis(800));

  private final FileOps ops;
  private final List<Duration> pauses;
  private final Logger log;

  PalaceSwap(FileOps ops, List<Duration> pauses, Logger log) {
    this.ops = ops;
    this.pauses = List.copyOf(pauses);
    this.log = log;
  }

  /// {@return a swap on the real file system}
  public static PalaceSwap onDisk() {
    return new PalaceSwap(FileOps.real(), PAUSES, LoggerFactory.getLogger(PalaceSwap.class));
  }

  /// {@return a swap on a given file system}
  public static PalaceSwap on(FileOps ops) {
    return new PalaceSwap(ops, PAUSES, LoggerFactory.getLogger(PalaceSwap.class));
  }

  /// Refuses what can be known before a build is made: no palace, a confined palace, a parent that
  /// cannot be written, or names of this run that are taken.
  public void check(PalacePaths paths) throws IOException {
    Path palace = paths.palace();
    if (!Files.isDirectory(palace, NOFOLLOW_LINKS)) {
      throw refused("no palace at %s: expected a directory".formatted(palace), "check --palace");
    }
    if (MountPoints.contains(palace)) {
      throw refused(
          "%s is a mount point and cannot be renamed".formatted(palace),
          "mount its parent directory instead, or migrate with --target");
    }
    if (!Files.isWritable(paths.parent())) {
      throw refused(
          "%s cannot be written, so the palace in it cannot be exchanged".formatted(paths.parent()),
          "run as its owner, or migrate with --target");
    }
    if (paths.confined()) {
      throw refused(
          "%s holds the configuration and locks of MemPalace and cannot be renamed"
              .formatted(palace),
          "migrate with --target");
    }
    requireFree(paths.aside());
    requireFree(paths.incoming());
  }

  /// Exchanges palace and replacement and says where the previous palace now is. The replacement is
  /// a sibling such as [PalacePaths#build()] names, or lies in the ops folder; from another device
  /// or another place it is copied, verified and then used, and removed at the end.
  ///
  /// Whatever fails, the previous palace is back at its path when this throws, except with
  /// [PalaceException.PersonNeeded], whose message says where everything is.
  ///
  /// The journal stays: the caller files the aside as a snapshot and removes it then.
  public Displaced publish(
      Path replacement, PalacePaths paths, Occasion occasion, MoveJournal.Purpose purpose)
      throws IOException {
    check(paths);
    Path build = replacement.toAbsolutePath().normalize();
    if (!Files.isDirectory(build, NOFOLLOW_LINKS)) {
      throw refused("no build at %s: expected a directory".formatted(build), "run it again");
    }
    var attempt =
        new SwapAttempt(paths, occasion, purpose, build, identity(paths.palace()), identity(build));
    try {
      if (!new JournalJson(paths.palace()).canName(build)) {
        copyIn(attempt);
      }
      if (!exchange(attempt)) {
        renameBoth(attempt);
      }
      flush(attempt);
    } catch (IOException e) {
      _restoreStale(attempt, e);
      throw failure(attempt, e);
    } catch (RuntimeException | Error e) {
      _restoreStale(attempt, e);
      throw e;
    }
    tidy(attempt);
    return attempt.displaced();
  }

  /// Puts a tree where no palace is, or an empty directory, and gives the journal, which the caller
  /// removes once nothing is left to finish. On failure the tree is back under its own name.
  public MoveJournal place(
      Path replacement, PalacePaths paths, Occasion occasion, MoveJournal.Purpose purpose)
      throws IOException {
    Path from = replacement.toAbsolutePath().normalize();
    Path palace = paths.palace();
    if (!MoveSet.isVacant(palace)) {
      throw refused("%s is not empty".formatted(palace), "check --palace");
    }
    log.info("swap.in from={} to={}", value(from), value(palace));
    List<Move> moves = List.of(new Move.Rename(from, palace, TreeMark.of(from)));
    return new JournaledMoves(ops, paths, occasion, purpose).perform(moves);
  }

  /// Gives false, with everything as before, where two names cannot change places.
  private boolean exchange(SwapAttempt attempt) throws IOException {
    if (!ops.mayExchange()) {
      return false;
    }
    attempt.journal(ops, attempt.exchange());
    moveBeside(attempt);
    requireOriginal(attempt);
    if (exchangeWithRetry(attempt)) {
      requireOurs(attempt);
      return true;
    }
    log.info("swap.no-exchange dir={}", value(attempt.parent()));
    renameWithRetry(attempt.aside(), attempt.replacement());
    flush(attempt);
    return false;
  }

  /// Gives the replacement the aside's name, where it waits for the exchange.
  private void moveBeside(SwapAttempt attempt) throws IOException {
    log.info("swap.beside from={} to={}", value(attempt.replacement()), value(attempt.aside()));
    try {
      renameWithRetry(attempt.replacement(), attempt.aside());
    } catch (AtomicMoveNotSupportedException e) {
      copyIn(attempt);
      attempt.journal(ops, attempt.exchange());
      renameWithRetry(attempt.replacement(), attempt.aside());
    }
    if (attempt.directories().size() > 1) {
      flush(attempt);
    }
  }

  private boolean exchangeWithRetry(SwapAttempt attempt) throws IOException {
    log.info("swap.exchange palace={} with={}", value(attempt.palace()), value(attempt.aside()));
    boolean[] done = new boolean[1];
    try {
      withRetry(attempt.palace(), () -> done[0] = ops.exchange(attempt.palace(), attempt.aside()));
    } catch (AtomicMoveNotSupportedException e) {
      throw lowerLayer(attempt, e);
    }
    return done[0];
  }

  private void renameBoth(SwapAttempt attempt) throws IOException {
    attempt.journal(ops, attempt.renames());
    moveAside(attempt);
    try {
      moveIn(attempt);
    } catch (AtomicMoveNotSupportedException e) {
      // Copying takes long, and the palace must not be away for so long.
      requireVacant(attempt);
      renameWithRetry(attempt.aside(), attempt.palace());
      ops.force(attempt.parent());
      copyIn(attempt);
      attempt.journal(ops, attempt.renames());
      moveAside(attempt);
      moveIn(attempt);
    }
  }

  private void moveAside(SwapAttempt attempt) throws IOException {
    log.info("swap.aside from={} to={}", value(attempt.palace()), value(attempt.aside()));
    try {
      renameWithRetry(attempt.palace(), attempt.aside());
    } catch (AtomicMoveNotSupportedException e) {
      throw lowerLayer(attempt, e);
    }
  }

  private void moveIn(SwapAttempt attempt) throws IOException {
    requireVacant(attempt);
    log.info("swap.in from={} to={}", value(attempt.replacement()), value(attempt.palace()));
    ops.rename(attempt.replacement(), attempt.palace());
    requireOurs(attempt);
  }

  private void copyIn(SwapAttempt attempt) throws IOException {
    Path incoming = attempt.incoming();
    log.warn(
        "swap.copy-fallback cause=cross-device from={} to={}",
        value(attempt.build()),
        value(incoming));
    requireFree(incoming);
    try {
      ops.copyTree(attempt.build(), incoming);
    } finally {
      // The name was free and carries our run id, so what stands there now is ours, however far the
      // copy came.
      attempt.made(Identity.of(incoming));
    }
    if (!TreeDigest.of(attempt.build()).equals(TreeDigest.of(incoming))) {
      throw new FileSystemException(incoming.toString(), null, "differs from the build it copies");
    }
    ops.force(attempt.parent());
    attempt.replaceByCopy();
  }

  private void flush(SwapAttempt attempt) throws IOException {
    for (Path directory : attempt.directories()) {
      ops.force(directory);
    }
  }

  /// Puts the previous palace back: clears what *we* put at its path, a directory, a file or a
  /// link, and renames the aside.
  ///
  /// A whole tree of ours is renamed back to the name it came from, because that cannot stop
  /// halfway; anything else of ours is deleted. What we did not make is never touched. When the old
  /// palace cannot be put back nothing more is done, and the exception, with the first error as
  /// cause and the second suppressed, says how to do it by hand.
  void _restoreStale(SwapAttempt attempt, Throwable cause) throws PalaceException.PersonNeeded {
    if (log.isWarnEnabled()) {
      log.warn(
          "rollback.start original-at={} palace={} cause={}",
          value(attempt.aside()),
          value(attempt.palace()),
          value(cause));
    }
    long start = System.nanoTime();
    try {
      boolean back = attempt.isOriginal(Identity.of(attempt.palace())) || exchangeBack(attempt);
      if (!back) {
        vacate(attempt);
        putBack(attempt);
      }
    } catch (IOException | RuntimeException second) {
      throw personNeeded(attempt, cause, second);
    }
    boolean home = returnReplacement(attempt, cause);
    boolean flushed = flushRollback(attempt, cause);
    clearIncoming(attempt, cause);
    if (home && flushed) {
      removeJournal(attempt, cause);
    }
    log.info(
        "rollback.done palace={} from={} ms={}",
        value(attempt.palace()),
        value(attempt.aside()),
        (System.nanoTime() - start) / 1_000_000);
  }

  /// Undoes an exchange by another one, so that there is no moment without a palace; gives false,
  /// with nothing changed, where there was none or the other one fails.
  private boolean exchangeBack(SwapAttempt attempt) throws IOException {
    boolean exchanged =
        attempt.isOurs(Identity.of(attempt.palace()))
            && attempt.isOriginal(Identity.of(attempt.aside()));
    if (!exchanged || !ops.mayExchange()) {
      return false;
    }
    try {
      ops.exchange(attempt.palace(), attempt.aside());
    } catch (IOException e) {
      log.warn("rollback.no-exchange palace={} cause={}", value(attempt.palace()), value(e));
    }
    return attempt.isOriginal(Identity.of(attempt.palace()));
  }

  /// Gives a replacement that waits under the aside's name its own name back. When that fails it
  /// stays there, whole; the journal stays too, and the next command moves it.
  private boolean returnReplacement(SwapAttempt attempt, Throwable cause) {
    try {
      var waiting = Identity.of(attempt.aside());
      if (attempt.isOurs(waiting)) {
        renameBack(attempt.aside(), attempt.home(waiting));
      }
      return true;
    } catch (IOException | RuntimeException e) {
      log.warn("stage.leftover dir={} cause={}", value(attempt.aside()), value(e));
      cause.addSuppressed(e);
      return false;
    }
  }

  /// A journal that cannot be removed says that no move is done, and the next command removes it.
  private void removeJournal(SwapAttempt attempt, Throwable cause) {
    try {
      MoveJournal.remove(ops, attempt.journalFile());
    } catch (IOException | RuntimeException e) {
      log.warn("journal.leftover file={} cause={}", value(attempt.journalFile()), value(e));
      cause.addSuppressed(e);
    }
  }

  private void vacate(SwapAttempt attempt) throws IOException {
    var found = Identity.of(attempt.palace());
    if (found.isEmpty()) {
      return;
    }
    if (!attempt.isOurs(found)) {
      requireVacant(attempt);
    } else if (Identity.of(attempt.home(found)).isEmpty()) {
      renameBack(attempt.palace(), attempt.home(found));
    } else {
      ops.delete(attempt.palace());
    }
  }

  private void putBack(SwapAttempt attempt) throws IOException {
    if (!attempt.isOriginal(Identity.of(attempt.aside()))) {
      throw new NoSuchFileException(
          attempt.aside().toString(), null, "the previous palace is gone");
    }
    renameBack(attempt.aside(), attempt.palace());
  }

  /// A network file system may report an error for a rename that has happened, so after an error we
  /// look.
  private void renameBack(Path from, Path to) throws IOException {
    var moving = Identity.of(from);
    try {
      renameWithRetry(from, to);
    } catch (IOException e) {
      if (!moving.equals(Identity.of(to))) {
        throw e;
      }
      log.warn("rollback.renamed-despite from={} to={} cause={}", value(from), value(to), value(e));
    }
  }

  /// The old palace is back for everybody who looks; if only its name could not be flushed, a power
  /// cut shows either the state before the swap or one that names both trees, so nobody is needed.
  private boolean flushRollback(SwapAttempt attempt, Throwable cause) {
    try {
      flush(attempt);
      return true;
    } catch (IOException e) {
      log.warn("rollback.not-flushed dir={} cause={}", value(attempt.parent()), value(e));
      cause.addSuppressed(e);
      return false;
    }
  }

  private void clearIncoming(SwapAttempt attempt, Throwable cause) {
    try {
      var found = Identity.of(attempt.incoming());
      if (attempt.isOurs(found)) {
        ops.delete(attempt.incoming());
      } else if (found.isPresent()) {
        log.warn("stage.leftover dir={} cause=not-ours", value(attempt.incoming()));
      }
    } catch (IOException e) {
      log.warn("stage.leftover dir={} cause={}", value(attempt.incoming()), value(e));
      cause.addSuppressed(e);
    }
  }

  private void tidy(SwapAttempt attempt) {
    try {
      if (attempt.isBuild(Identity.of(attempt.build()))) {
        ops.delete(attempt.build());
      }
    } catch (IOException e) {
      // The new palace is in place and flushed; what remains costs space only.
      log.warn("stage.leftover dir={} cause={}", value(attempt.build()), value(e));
    }
  }

  /// One step that may be tried again, because it changes nothing when it fails.
  @FunctionalInterface
  private interface Step {
    void run() throws IOException;
  }

  private void renameWithRetry(Path from, Path to) throws IOException {
    withRetry(from, () -> ops.rename(from, to));
  }

  private void withRetry(Path from, Step step) throws IOException {
    for (Duration pause : pauses) {
      try {
        step.run();
        return;
      } catch (FileSystemException e) {
        if (!isSharingViolation(e)) {
          throw e;
        }
        log.warn("retry from={} cause={}", value(from), value(e));
        sleep(pause);
      }
    }
    step.run();
  }

  private static boolean isSharingViolation(FileSystemException failure) {
    String reason = String.valueOf(failure.getReason());
    return reason.contains("Device or resource busy")
        || reason.contains("being used by another process");
  }

  private static void sleep(Duration pause) throws IOException {
    try {
      Thread.sleep(pause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PalaceException.Failed("interrupted", "run it again", e);
    }
  }

  /// An empty directory that somebody made at the palace's path meanwhile is replaced by the rename
  /// itself; anything else that is not ours stops us.
  private void requireVacant(SwapAttempt attempt) throws IOException {
    Path palace = attempt.palace();
    if (Identity.of(palace).isEmpty()) {
      return;
    }
    if (!Files.isDirectory(palace, NOFOLLOW_LINKS) || !Listing.of(palace).isEmpty()) {
      throw new FileAlreadyExistsException(
          palace.toString(), null, "made by somebody else during the swap");
    }
    log.warn("swap.empty-directory-replaced path={}", value(palace));
  }

  private static void requireOriginal(SwapAttempt attempt) throws IOException {
    if (!attempt.isOriginal(Identity.of(attempt.palace()))) {
      throw new FileSystemException(attempt.palace().toString(), null, "replaced by somebody else");
    }
  }

  private static void requireOurs(SwapAttempt attempt) throws IOException {
    if (!attempt.isOurs(Identity.of(attempt.palace()))) {
      throw new FileSystemException(attempt.palace().toString(), null, "replaced by somebody else");
    }
  }

  private static PalaceException.Refused lowerLayer(
      SwapAttempt attempt, AtomicMoveNotSupportedException cause) {
    return new PalaceException.Refused(
        "%s cannot be renamed within its own directory: it lies in a lower layer of a container"
                .formatted(attempt.palace())
            + " image; nothing was changed",
        "put the palace on a volume, or migrate with --target",
        cause);
  }

  private static void requireFree(Path path) throws IOException {
    if (Identity.of(path).isPresent()) {
      throw refused("%s exists already".formatted(path), "run it again, it takes a new name");
    }
  }

  private static Identity identity(Path path) throws IOException {
    Optional<Identity> identity = Identity.of(path);
    return identity.orElseThrow(() -> new NoSuchFileException(path.toString()));
  }

  private static PalaceException.Refused refused(String message, String hint) {
    return new PalaceException.Refused(message + "; nothing was changed", hint);
  }

  private static IOException failure(SwapAttempt attempt, IOException cause) {
    if (cause instanceof PalaceException.Refused) {
      return cause;
    }
    return new PalaceException.Failed(
        "cannot put the new palace at %s: %s; the previous palace is in place"
            .formatted(attempt.palace(), cause.getMessage()),
        "remove the cause and run it again",
        cause);
  }

  private PalaceException.PersonNeeded personNeeded(
      SwapAttempt attempt, Throwable cause, Exception second) {
    Path partial = partial(attempt, second);
    String command = attempt.commandToPutBack();
    log.error(
        "CRITICAL rollback.failed original-at={} partial-at={} cause={} run={}",
        value(attempt.aside()),
        value(partial),
        value(cause),
        value(command));
    var person =
        new PalaceException.PersonNeeded(
            "the previous palace is at %s and could not be put back at %s (%s); the new one is at %s"
                .formatted(attempt.aside(), attempt.palace(), second.getMessage(), partial),
            command,
            cause);
    person.addSuppressed(second);
    return person;
  }

  private static Path partial(SwapAttempt attempt, Exception second) {
    try {
      return attempt.partial();
    } catch (IOException e) {
      second.addSuppressed(e);
      return attempt.build();
    }
  }

  private static String value(Object object) {
    return LogValue.of(object);
  }
}
