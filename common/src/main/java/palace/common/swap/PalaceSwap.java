package palace.common.swap;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
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
import palace.common.files.TreeDigest;

/// Puts a proven tree, a build or a snapshot's `palace/`, in the place of a palace.
///
/// Before the first step the journal with both moves is durable. Where two names can change places
/// in one step, the palace's path holds a whole palace at every moment:
///
/// | step | palace | aside | replacement's own name | after a crash here: by the journal; by the
// names |
/// |---|---|---|---|---|
/// | journal written | old | - | new | no move done: old; a build is disposable |
/// | replacement renamed to the aside's name | old | new | - | first done, take it back: old; the
// aside is sealed by its own run, so it is a build |
/// | both exchanged | new | old | - | both done: new; the aside is sealed by another run, so it is
// filed |
///
/// Elsewhere there is one window in which nothing stands at that path, and both whole trees beside
/// it:
///
/// | step | palace | aside | replacement's own name | after a crash here: by the journal; by the
// names |
/// |---|---|---|---|---|
/// | journal written | old | - | new | no move done: old; a build is disposable |
/// | palace renamed aside | - | old | new | first done, take it back: old; the palace is missing,
// its aside goes back |
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
  private final PatientMoves moves;
  private final Logger log;

  PalaceSwap(FileOps ops, List<Duration> pauses, Logger log) {
    this.ops = ops;
    this.moves = new PatientMoves(ops, pauses, log);
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
    SwapCheck.place(paths);
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
      throw SwapCheck.refused(
          "no build at %s: expected a directory".formatted(build), "run it again");
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
      attempt.flush(ops);
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
      throw SwapCheck.refused("%s is not empty".formatted(palace), "check --palace");
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
    attempt.requireOriginal();
    if (exchangePatiently(attempt)) {
      attempt.requireOurs();
      return true;
    }
    log.info("swap.no-exchange dir={}", value(attempt.parent()));
    moves.rename(attempt.aside(), attempt.replacement());
    attempt.flush(ops);
    return false;
  }

  /// Gives the replacement the aside's name, where it waits for the exchange.
  private void moveBeside(SwapAttempt attempt) throws IOException {
    log.info("swap.beside from={} to={}", value(attempt.replacement()), value(attempt.aside()));
    try {
      moves.rename(attempt.replacement(), attempt.aside());
    } catch (AtomicMoveNotSupportedException e) {
      copyIn(attempt);
      attempt.journal(ops, attempt.exchange());
      moves.rename(attempt.replacement(), attempt.aside());
    }
    if (attempt.directories().size() > 1) {
      attempt.flush(ops);
    }
  }

  private boolean exchangePatiently(SwapAttempt attempt) throws IOException {
    log.info("swap.exchange palace={} with={}", value(attempt.palace()), value(attempt.aside()));
    try {
      return moves.exchange(attempt.palace(), attempt.aside());
    } catch (AtomicMoveNotSupportedException e) {
      throw SwapCheck.lowerLayer(attempt, e);
    }
  }

  private void renameBoth(SwapAttempt attempt) throws IOException {
    attempt.journal(ops, attempt.renames());
    moveAside(attempt);
    try {
      moveIn(attempt);
    } catch (AtomicMoveNotSupportedException e) {
      // Copying takes long, and the palace must not be away for so long.
      attempt.requireVacant(log);
      moves.rename(attempt.aside(), attempt.palace());
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
      moves.rename(attempt.palace(), attempt.aside());
    } catch (AtomicMoveNotSupportedException e) {
      throw SwapCheck.lowerLayer(attempt, e);
    }
  }

  private void moveIn(SwapAttempt attempt) throws IOException {
    attempt.requireVacant(log);
    log.info("swap.in from={} to={}", value(attempt.replacement()), value(attempt.palace()));
    ops.rename(attempt.replacement(), attempt.palace());
    attempt.requireOurs();
  }

  private void copyIn(SwapAttempt attempt) throws IOException {
    Path incoming = attempt.incoming();
    log.warn(
        "swap.copy-fallback cause=cross-device from={} to={}",
        value(attempt.build()),
        value(incoming));
    SwapCheck.requireFree(incoming);
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

  /// Puts the previous palace back after a failure.
  void _restoreStale(SwapAttempt attempt, Throwable cause) throws PalaceException.PersonNeeded {
    new SwapRollback(moves, log)._restoreStale(attempt, cause);
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

  private static Identity identity(Path path) throws IOException {
    Optional<Identity> identity = Identity.of(path);
    return identity.orElseThrow(() -> new NoSuchFileException(path.toString()));
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

  private static String value(Object object) {
    return LogValue.of(object);
  }
}
