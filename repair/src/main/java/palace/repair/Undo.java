package palace.repair;

import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.PalaceException;
import palace.common.ShellWord;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.ExclusiveLocking;
import palace.common.lock.OpenHandles;
import palace.common.snapshot.DatabaseSnapshot;
import palace.common.swap.LogValue;
import palace.common.swap.PalacePaths;

/// The end of a repair's transaction, what follows it outside, and how all of it is taken back when
/// the repair fails.
final class Undo {
  private static final Logger LOG = LoggerFactory.getLogger(Undo.class);

  private final PalacePaths paths;
  private final DatabaseSnapshot snapshot;
  private final ChromaDatabase writer;
  private final Placement placement;
  private boolean switching;

  Undo(PalacePaths paths, Placement placement, DatabaseSnapshot snapshot, ChromaDatabase writer) {
    this.paths = paths;
    this.placement = placement;
    this.snapshot = snapshot;
    this.writer = writer;
  }

  /// Ends the transaction, which is the switch. From then on nobody else gets in before the
  /// connection closes.
  ///
  /// When it fails nobody knows on which side of the switch the file is: SQLite ends a transaction
  /// by clearing its journal, and an error after that is an error all the same. Only where somebody
  /// reads the file SQLite has not begun. A transaction that was over before has switched nothing,
  /// and the copy must not be put back over what others have written since.
  void commit() throws IOException {
    writer.requireTransaction();
    ExclusiveLocking.begin(writer);
    try {
      writer.commit();
      switching = true;
    } catch (PalaceException.Busy e) {
      throw e;
    } catch (IOException e) {
      switching = true;
      throw e;
    }
  }

  /// Moves the replaced segments into the snapshot and kept text to its place.
  void finish() throws IOException {
    placement.finish();
  }

  /// Describes the snapshot with the segments in it.
  void seal() throws IOException {
    snapshot.seal();
  }

  /// Lets others in again, and removes the journal and the working folder. The repair is done and
  /// durable; what fails here costs space only, or is done by the next run.
  void tidy() {
    try {
      ExclusiveLocking.end(writer);
      writer.close();
      placement.end();
    } catch (IOException e) {
      LOG.warn("stage.leftover run={} cause={}", paths.run(), LogValue.of(e));
    }
  }

  /// Puts the palace back as it was before the repair.
  ///
  /// @throws PalaceException.PersonNeeded when that fails
  void everything(Throwable cause) throws PalaceException.PersonNeeded {
    LOG.warn("rollback.start snapshot={} cause={}", paths.run(), LogValue.of(cause));
    try (writer) {
      takeBack();
    } catch (IOException | RuntimeException e) {
      throw personNeeded(cause, e);
    }
    LOG.info("rollback.done snapshot={} committed={}", paths.run(), switching);
  }

  private void takeBack() throws IOException {
    placement.bringBack();
    rollBack();
    if (switching) {
      requireAlone(paths);
      writer.mergeLog();
      snapshot.putBack();
    }
    placement.takeOut();
    snapshot.discard();
    placement.removeJournal();
  }

  /// A transaction whose end failed may have been rolled back already; otherwise SQLite does it
  /// when the connection closes, or when the next one opens the file.
  private void rollBack() {
    try {
      writer.rollback();
    } catch (IOException e) {
      LOG.warn("rollback.left-to-sqlite cause={}", LogValue.of(e));
    }
  }

  /// The database is put back under its name, so whoever has the file open would go on writing into
  /// the one that is gone.
  static void requireAlone(PalacePaths paths) throws IOException {
    OpenHandles.Scan scan = OpenHandles.scan(paths.palace());
    if (!scan.handles().isEmpty()) {
      OpenHandles.Handle first = scan.handles().getFirst();
      throw new PalaceException.Busy(
          "process %d (%s) has opened %s meanwhile"
              .formatted(first.pid(), first.command(), first.file()),
          "stop that process");
    }
  }

  private PalaceException.PersonNeeded personNeeded(Throwable cause, Exception second) {
    LOG.error(
        "CRITICAL rollback.failed snapshot={} original-at={} partial-at={} cause={} run={}",
        paths.run(),
        LogValue.of(paths.snapshot()),
        LogValue.of(paths.palace()),
        LogValue.of(cause),
        LogValue.of(command("recover")));
    var person =
        new PalaceException.PersonNeeded(
            "the repair of %s failed (%s) and could not be undone (%s); the state before it is in %s"
                .formatted(
                    paths.palace(), cause.getMessage(), second.getMessage(), paths.snapshot()),
            command("recover"),
            cause);
    person.addSuppressed(second);
    return person;
  }

  private String command(String verb) {
    return "palace %s --palace %s".formatted(verb, ShellWord.quote(paths.palace()));
  }
}
