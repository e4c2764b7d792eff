package palace.repair;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.PalaceException;
import palace.common.ShellWord;
import palace.common.chroma.ChromaDatabase;
import palace.common.files.FileOps;
import palace.common.lock.OpenHandles;
import palace.common.restore.RepairMoves;
import palace.common.restore.RepairRecovery;
import palace.common.snapshot.DatabaseSnapshot;
import palace.common.store.NeedsEmbedding;
import palace.common.swap.LogValue;
import palace.common.swap.Move;
import palace.common.swap.MoveJournal;
import palace.common.swap.PalacePaths;

/// What a repair does outside its transaction: journaled before it is done, and taken back when the
/// repair fails.
final class Undo {
  private static final Logger LOG = LoggerFactory.getLogger(Undo.class);

  private final FileOps ops;
  private final PalacePaths paths;
  private final DatabaseSnapshot snapshot;
  private final ChromaDatabase writer;
  private final RepairMoves names;
  private final KeptText text;
  private final KeptAside aside;
  private final SortedSet<String> segments = new TreeSet<>();
  private final List<Move> moves = new ArrayList<>();
  private MoveJournal journal;
  private boolean committed;

  Undo(
      FileOps ops,
      PalacePaths paths,
      MoveJournal journal,
      DatabaseSnapshot snapshot,
      ChromaDatabase writer) {
    this.ops = ops;
    this.paths = paths;
    this.journal = journal;
    this.snapshot = snapshot;
    this.writer = writer;
    names = new RepairMoves(ops, paths);
    text = new KeptText(ops, paths.palace(), names.workFolder());
    aside = new KeptAside(ops, paths.snapshot());
  }

  /// {@return the folder in which fresh indexes are written; it exists}
  Path workFolder() throws IOException {
    names.createWorkFolder();
    return names.workFolder();
  }

  /// {@return where to keep what leaves the database although it can be read}
  KeptAside aside() {
    return aside;
  }

  /// Takes drawers off the list that are in the palace. What the list was goes with the snapshot.
  void settleList(Predicate<NeedsEmbedding.Line> isPresent) throws IOException {
    if (text.isPresent() && text.holds(isPresent)) {
      names.createWorkFolder();
      text.drop(isPresent);
    }
    if (text.isChanged() && Files.isRegularFile(text.place(), LinkOption.NOFOLLOW_LINKS)) {
      ops.copyTree(text.place(), paths.snapshot().resolve(RepairMoves.KEPT_LIST));
      ops.force(paths.snapshot().resolve(RepairMoves.KEPT_LIST));
    }
    aside.finish();
  }

  KeptText text() {
    return text;
  }

  /// Keeps the text of drawers that are about to leave their collection.
  void keepText(NewIndex index) throws IOException {
    if (!index.lost().isEmpty()) {
      names.createWorkFolder();
      text.add(index.facts().row().label(), index.lost());
    }
  }

  /// Writes into the journal what [#place] and [#finish] will do to names on disk. One that this
  /// run gave itself and now replaces is free again.
  void journal(Iterable<NewIndex> indexes, List<Path> retired) throws IOException {
    for (Path directory : retired) {
      moves.add(names.retiring(directory));
    }
    for (NewIndex index : indexes) {
      segments.add(index.segmentId());
      if (index.replaced().isPresent()) {
        replace(index.replaced().get());
      }
      if (index.written().exists()) {
        moves.add(names.placing(index.built()));
      }
    }
    var notes = new TreeMap<>(journal.purpose().notes());
    notes.put(RepairRecovery.SEGMENTS, String.join(",", segments));
    var purpose = MoveJournal.Purpose.repair(notes);
    journal = MoveJournal.write(ops, paths, journal.occasion(), purpose, moves);
  }

  private void replace(Path segment) throws IOException {
    var own = moves.stream().filter(move -> move.names().getLast().equals(segment)).toList();
    if (own.isEmpty()) {
      moves.add(names.retiring(segment));
      return;
    }
    names.takeOut(own);
    moves.removeAll(own);
    segments.remove(segment.getFileName().toString());
  }

  /// {@return whether a directory is to leave the palace once the repair is finished}
  boolean isRetiring(Path directory) {
    return moves.stream().anyMatch(move -> move.names().getFirst().equals(directory));
  }

  /// Gives the fresh indexes the names under which their segments will look for them.
  void place() throws IOException {
    names.place(moves);
  }

  /// Ends the transaction, which is the switch. From then on nobody else gets in before the
  /// connection closes.
  void commit() throws IOException {
    writer.keepOthersOut();
    writer.commit();
    committed = true;
  }

  /// Moves the replaced segments into the snapshot and kept text to its place.
  void finish() throws IOException {
    names.finish(moves);
  }

  /// Describes the snapshot with the segments in it.
  void seal() throws IOException {
    snapshot.seal();
  }

  /// Lets others in again, and removes the journal and the working folder. The repair is done and
  /// durable; what fails here costs space only, or is done by the next run.
  void tidy() {
    try {
      writer.readmitOthers();
      writer.close();
      journal.remove(ops);
      names.removeWorkFolder();
    } catch (IOException e) {
      LOG.warn("stage.leftover dir={} cause={}", LogValue.of(names.workFolder()), LogValue.of(e));
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
    LOG.info("rollback.done snapshot={} committed={}", paths.run(), committed);
  }

  private void takeBack() throws IOException {
    aside.close();
    names.bringBack(moves);
    if (committed) {
      requireAlone();
      writer.rollback();
      writer.mergeLog();
      snapshot.putBack();
    } else {
      rollBack();
    }
    names.takeOut(moves);
    names.removeWorkFolder();
    snapshot.discard();
    journal.remove(ops);
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
  private void requireAlone() throws IOException {
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

  /// {@return the command that puts the palace back as it was}
  String restoreCommand() {
    return command("restore " + paths.run());
  }

  private String command(String verb) {
    return "palace %s --palace %s".formatted(verb, ShellWord.quote(paths.palace()));
  }
}
