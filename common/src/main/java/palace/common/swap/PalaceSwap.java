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

/// Puts a proven build in the place of a palace.
///
/// Why nothing can be lost: (1) the old palace is renamed aside, never changed; (2) the build is
/// renamed to the palace's path, so that path never shows a part of a palace; (3) the directory
/// that holds both names is flushed. Before (1) and after (2) the path holds a whole palace;
/// between them both whole trees stand beside it under names that say which is which. Nothing is
/// deleted until (3) is done. Any error puts the old palace back at once.
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

  /// Refuses what can be known before a build is made: no palace, a mount point, a parent that
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
    requireFree(paths.aside());
    requireFree(paths.incoming());
  }

  /// Exchanges palace and build and returns where the previous palace now is. The build is normally
  /// the sibling that [PalacePaths#build()] names; from another device it is copied, verified and
  /// then renamed in.
  ///
  /// Whatever fails, the previous palace is back at its path when this throws, except with
  /// [PalaceException.PersonNeeded], whose message says where everything is.
  ///
  /// The journal stays: the caller files the aside as a snapshot and removes it then.
  public Displaced publish(
      Path build, PalacePaths paths, Occasion occasion, MoveJournal.Purpose purpose)
      throws IOException {
    check(paths);
    if (!Files.isDirectory(build, NOFOLLOW_LINKS)) {
      throw refused("no build at %s: expected a directory".formatted(build), "run it again");
    }
    var attempt = new SwapAttempt(paths, build, identity(paths.palace()), identity(build));
    var journal = MoveJournal.write(ops, paths, occasion, purpose, moves(attempt));
    try {
      moveAside(attempt);
      moveIn(attempt);
      ops.force(paths.parent());
    } catch (IOException e) {
      _restoreStale(attempt, e);
      throw failure(attempt, e);
    } catch (RuntimeException | Error e) {
      _restoreStale(attempt, e);
      throw e;
    }
    tidy(attempt);
    return new Displaced(paths.aside(), paths, occasion, journal);
  }

  private static List<Move> moves(SwapAttempt attempt) throws IOException {
    return List.of(
        new Move.Rename(attempt.palace(), attempt.aside(), TreeMark.of(attempt.palace())),
        new Move.Rename(attempt.build(), attempt.palace(), TreeMark.of(attempt.build())));
  }

  /// Puts a replacement where no palace is, or an empty directory, and gives the journal, which the
  /// caller removes once nothing is left to finish.
  public MoveJournal place(
      Path replacement, PalacePaths paths, Occasion occasion, MoveJournal.Purpose purpose)
      throws IOException {
    List<Move> moves =
        List.of(new Move.Rename(replacement, paths.palace(), TreeMark.of(replacement)));
    var journal = MoveJournal.write(ops, paths, occasion, purpose, moves);
    new MoveSet(ops, moves).perform();
    return journal;
  }

  private void moveAside(SwapAttempt attempt) throws IOException {
    log.info("swap.aside from={} to={}", value(attempt.palace()), value(attempt.aside()));
    try {
      renameWithRetry(attempt.palace(), attempt.aside());
    } catch (AtomicMoveNotSupportedException e) {
      throw new PalaceException.Refused(
          "%s cannot be renamed within its own directory: it lies in a lower layer of a container"
                  .formatted(attempt.palace())
              + " image; nothing was changed",
          "put the palace on a volume, or migrate with --target",
          e);
    }
  }

  private void moveIn(SwapAttempt attempt) throws IOException {
    requireVacant(attempt);
    log.info("swap.in from={} to={}", value(attempt.build()), value(attempt.palace()));
    try {
      ops.rename(attempt.build(), attempt.palace());
    } catch (AtomicMoveNotSupportedException e) {
      copyIn(attempt);
    }
    if (!attempt.isOurs(Identity.of(attempt.palace()))) {
      throw new FileSystemException(attempt.palace().toString(), null, "replaced by somebody else");
    }
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
    requireVacant(attempt);
    ops.rename(incoming, attempt.palace());
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
      if (!attempt.isOriginal(Identity.of(attempt.palace()))) {
        vacate(attempt);
        putBack(attempt);
      }
    } catch (IOException | RuntimeException second) {
      throw personNeeded(attempt, cause, second);
    }
    flushRollback(attempt, cause);
    clearIncoming(attempt, cause);
    log.info(
        "rollback.done palace={} from={} ms={}",
        value(attempt.palace()),
        value(attempt.aside()),
        (System.nanoTime() - start) / 1_000_000);
  }

  private void vacate(SwapAttempt attempt) throws IOException {
    var found = Identity.of(attempt.palace());
    if (found.isEmpty()) {
      return;
    }
    if (!attempt.isOurs(found)) {
      requireVacant(attempt);
    } else if (attempt.isBuild(found) && Identity.of(attempt.build()).isEmpty()) {
      renameBack(attempt.palace(), attempt.build());
    } else if (Identity.of(attempt.incoming()).isEmpty()) {
      renameBack(attempt.palace(), attempt.incoming());
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
  private void flushRollback(SwapAttempt attempt, Throwable cause) {
    try {
      ops.force(attempt.parent());
    } catch (IOException e) {
      log.warn("rollback.not-flushed dir={} cause={}", value(attempt.parent()), value(e));
      cause.addSuppressed(e);
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

  private void renameWithRetry(Path from, Path to) throws IOException {
    for (Duration pause : pauses) {
      try {
        ops.rename(from, to);
        return;
      } catch (FileSystemException e) {
        if (!isSharingViolation(e)) {
          throw e;
        }
        log.warn("retry from={} cause={}", value(from), value(e));
        sleep(pause);
      }
    }
    ops.rename(from, to);
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
    String command = attempt.commandToPutBack();
    log.error(
        "CRITICAL rollback.failed original-at={} partial-at={} cause={} run={}",
        value(attempt.aside()),
        value(attempt.partial()),
        value(cause),
        value(command));
    var person =
        new PalaceException.PersonNeeded(
            "the previous palace is at %s and could not be put back at %s (%s); the new one is at %s"
                .formatted(
                    attempt.aside(), attempt.palace(), second.getMessage(), attempt.partial()),
            command,
            cause);
    person.addSuppressed(second);
    return person;
  }

  private static String value(Object object) {
    return LogValue.of(object);
  }
}
