package palace.common.swap;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.slf4j.Logger;
import palace.common.PalaceException;
import palace.common.files.FileOps;
import palace.common.files.Identity;

/// Takes a failed swap back: the previous palace to its path, the replacement to its own name, and
/// only then the journal away. Nothing is written, so it needs no space.
final class SwapRollback {
  private final FileOps ops;
  private final PatientMoves moves;
  private final Logger log;

  SwapRollback(PatientMoves moves, Logger log) {
    this.ops = moves.ops();
    this.moves = moves;
    this.log = log;
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
      attempt.requireVacant(log);
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
      moves.rename(from, to);
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
      attempt.flush(ops);
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
