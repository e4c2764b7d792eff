package palace.common.swap;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.PalaceException;
import palace.common.files.FileOps;

/// Moves of one run that are journaled, performed, and taken back when one of them fails.
record JournaledMoves(
    FileOps ops, PalacePaths paths, Occasion occasion, MoveJournal.Purpose purpose) {
  private static final Logger LOG = LoggerFactory.getLogger(JournaledMoves.class);

  /// Performs the moves and gives their journal. When this throws, everything is back where it was,
  /// except with [PalaceException.PersonNeeded].
  MoveJournal perform(List<Move> moves) throws IOException {
    try {
      var journal = MoveJournal.write(ops, paths, occasion, purpose, moves);
      new MoveSet(ops, moves).perform();
      return journal;
    } catch (IOException e) {
      undo(moves, e);
      throw failure(e);
    } catch (RuntimeException | Error e) {
      undo(moves, e);
      throw e;
    }
  }

  private void undo(List<Move> moves, Throwable cause) throws PalaceException.PersonNeeded {
    Path journal = MoveJournal.fileOf(paths, occasion.run());
    LOG.warn("rollback.start palace={} cause={}", LogValue.of(paths.palace()), LogValue.of(cause));
    try {
      new MoveSet(ops, moves).undo();
    } catch (IOException | RuntimeException second) {
      throw personNeeded(journal, cause, second);
    }
    try {
      MoveJournal.remove(ops, journal);
    } catch (IOException e) {
      // It says that no move is done, and the next command removes it.
      LOG.warn("journal.leftover run={} cause={}", occasion.run(), LogValue.of(e));
      cause.addSuppressed(e);
    }
    LOG.info("rollback.done palace={}", LogValue.of(paths.palace()));
  }

  private IOException failure(IOException cause) {
    if (cause instanceof PalaceException || cause instanceof ExchangeUnsupportedException) {
      return cause;
    }
    if (cause instanceof AtomicMoveNotSupportedException) {
      return new PalaceException.Refused(
          "cannot move entries of %s (%s): they are on different file systems, or in a lower layer"
                  .formatted(paths.palace(), cause.getMessage())
              + " of a container image; nothing was changed",
          "give the palace and its .ops folder one file system",
          cause);
    }
    return new PalaceException.Failed(
        "cannot change %s: %s; it is as it was before"
            .formatted(paths.palace(), cause.getMessage()),
        "remove the cause and run it again",
        cause);
  }

  private PalaceException.PersonNeeded personNeeded(
      Path journal, Throwable cause, Exception second) {
    LOG.error(
        "CRITICAL rollback.failed palace={} journal={} cause={}",
        LogValue.of(paths.palace()),
        LogValue.of(journal),
        LogValue.of(cause));
    var person =
        new PalaceException.PersonNeeded(
            "%s could not be changed (%s) and could not be put back (%s); %s says what belongs where"
                .formatted(paths.palace(), cause.getMessage(), second.getMessage(), journal),
            "palace recover",
            cause);
    person.addSuppressed(second);
    return person;
  }
}
