package palace.repair;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import palace.common.files.FileOps;
import palace.common.restore.RepairMoves;
import palace.common.restore.RepairRecovery;
import palace.common.store.NeedsEmbedding;
import palace.common.store.PalaceLayout;
import palace.common.swap.Move;
import palace.common.swap.MoveJournal;
import palace.common.swap.PalacePaths;

/// What a repair does to names on disk outside its transaction: journaled before it is done, so
/// that it can be finished or taken back by this run or another one.
final class Placement {
  private final FileOps ops;
  private final PalacePaths paths;
  private final RepairMoves names;
  private final KeptText text;
  private final KeptAside aside;
  private final Path kept;
  private final SortedSet<String> segments = new TreeSet<>();
  private final List<Move> placed = new ArrayList<>();
  private final List<Path> replaced = new ArrayList<>();
  private final List<Move> retiring = new ArrayList<>();
  private MoveJournal journal;

  private Placement(FileOps ops, PalacePaths paths, MoveJournal journal, Path kept) {
    this.ops = ops;
    this.paths = paths;
    this.journal = journal;
    this.kept = kept;
    names = new RepairMoves(ops, paths);
    text = new KeptText(ops, paths.palace(), names.workFolder());
    aside = new KeptAside(ops, kept, paths.snapshot());
  }

  /// That of a run whose snapshot is there from the beginning.
  static Placement withSnapshot(FileOps ops, PalacePaths paths, MoveJournal journal) {
    return new Placement(ops, paths, journal, paths.snapshot());
  }

  /// That of a run whose snapshot comes with the exchange; until then what is kept aside lies in
  /// the working folder, which [#createFolders] makes.
  static Placement beforeSnapshot(FileOps ops, PalacePaths paths, MoveJournal journal) {
    return new Placement(ops, paths, journal, new RepairMoves(ops, paths).keptFolder());
  }

  /// {@return the working folder, which is made with the one for what is kept aside}
  Path createFolders() throws IOException {
    names.createKeptFolder();
    return names.workFolder();
  }

  /// {@return the folder in which fresh indexes are written; it exists}
  Path workFolder() throws IOException {
    names.createWorkFolder();
    return names.workFolder();
  }

  /// {@return the copy of the database that was made first, if there is one}
  Optional<Path> copy() {
    Path copy = paths.snapshot().resolve(PalaceLayout.DATABASE);
    return Files.isRegularFile(copy, LinkOption.NOFOLLOW_LINKS)
        ? Optional.of(copy)
        : Optional.empty();
  }

  /// {@return where to keep the text of drawers that leave; the working folder has to exist}
  KeptText text() {
    return text;
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
      ops.copyTree(text.place(), kept.resolve(RepairMoves.KEPT_LIST));
      ops.force(kept.resolve(RepairMoves.KEPT_LIST));
    }
    aside.finish();
  }

  MoveJournal journal() {
    return journal;
  }

  /// {@return the moves that gave the fresh indexes their names}
  List<Move> placed() {
    return List.copyOf(placed);
  }

  /// {@return the segment directories that are to leave the palace}
  List<Path> replaced() {
    return List.copyOf(replaced);
  }

  /// Writes into the journal what [#place] and [#finish] will do to names on disk. One that this
  /// run gave itself and now replaces is free again.
  ///
  /// @param companions files in the working folder that get a name in the palace
  /// @param retired directories that are to leave the palace although nothing replaces them
  void journal(Iterable<NewIndex> indexes, List<Path> companions, List<Path> retired)
      throws IOException {
    for (Path companion : companions) {
      placed.add(names.placing(companion));
    }
    for (Path directory : retired) {
      replaced.add(directory);
      retiring.add(names.retiring(directory));
    }
    for (NewIndex index : indexes) {
      segments.add(index.segmentId());
      if (index.replaced().isPresent()) {
        replace(index.replaced().get());
      }
      if (index.written().exists()) {
        placed.add(names.placing(index.built()));
      }
    }
    var notes = new TreeMap<>(journal.purpose().notes());
    notes.put(RepairRecovery.SEGMENTS, String.join(",", segments));
    var purpose = MoveJournal.Purpose.repair(notes);
    journal = MoveJournal.write(ops, paths, journal.occasion(), purpose, moves());
  }

  private List<Move> moves() {
    var moves = new ArrayList<>(placed);
    moves.addAll(retiring);
    return moves;
  }

  private void replace(Path segment) throws IOException {
    var own = placed.stream().filter(move -> move.names().getLast().equals(segment)).toList();
    if (own.isEmpty()) {
      replaced.add(segment);
      retiring.add(names.retiring(segment));
      return;
    }
    names.takeOut(own);
    placed.removeAll(own);
    segments.remove(segment.getFileName().toString());
  }

  /// Gives the fresh indexes the names under which their segments will look for them.
  void place() throws IOException {
    names.place(moves());
  }

  /// Moves the replaced segments into the snapshot and kept text to its place.
  void finish() throws IOException {
    names.finish(moves());
  }

  /// Brings the replaced segments back from the snapshot; nothing more is kept aside.
  void bringBack() throws IOException {
    aside.close();
    names.bringBack(moves());
  }

  /// Takes the fresh indexes out of the palace, and removes the working folder.
  void takeOut() throws IOException {
    names.takeOut(moves());
    names.removeWorkFolder();
  }

  /// Removes the working folder and the journal; nothing is left to finish. SQLite removes its own
  /// journal without flushing the palace's directory, so that a loss of power would bring it back.
  void end() throws IOException {
    ops.force(paths.palace());
    journal.remove(ops);
    names.removeWorkFolder();
  }

  /// Removes the journal alone.
  void removeJournal() throws IOException {
    journal.remove(ops);
  }
}
