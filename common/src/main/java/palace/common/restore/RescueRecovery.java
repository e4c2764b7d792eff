package palace.common.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import palace.common.PalaceException;
import palace.common.ShellWord;
import palace.common.files.FileOps;
import palace.common.snapshot.SnapshotStore;
import palace.common.store.PalaceLayout;
import palace.common.swap.MoveJournal;
import palace.common.swap.MoveSet;
import palace.common.swap.PalacePaths;

/// Settles an interrupted rescue by its journal: a repair that puts a fresh database, made of what
/// could be had of a damaged one, in its place.
///
/// | found | done |
/// |---|---|
/// | the damaged database under its name | the fresh segments leave, its sidecars come back: old |
/// | the fresh database under its name | what is left of the exchange is done, replaced segments leave: new |
///
/// The fresh database was proven and durable before the exchange, and may have been written to
/// since. Each step may be interrupted and repeated.
public final class RescueRecovery {
  private static final String RESCUE = "rescue";
  private static final String RETIRED = "retired";

  private final MoveJournal journal;
  private final PalacePaths paths;
  private final FileOps ops;
  private final RepairMoves names;
  private final SnapshotStore store;

  private RescueRecovery(MoveJournal journal, PalacePaths paths, FileOps ops) {
    this.journal = journal;
    this.paths = paths;
    this.ops = ops;
    names = new RepairMoves(ops, paths);
    store = new SnapshotStore(ops, paths.ops());
  }

  /// {@return the notes of the journal of a rescue}
  ///
  /// @param retired the segment directories that go into the snapshot once the database is
  ///   exchanged
  public static SortedMap<String, String> notes(List<Path> retired) {
    List<String> ids = retired.stream().map(path -> path.getFileName().toString()).toList();
    return new TreeMap<>(Map.of(RESCUE, "1", RETIRED, String.join(",", ids)));
  }

  /// {@return whether the run of a journal was a rescue}
  static boolean isOne(MoveJournal journal) {
    return journal.purpose().notes().containsKey(RESCUE);
  }

  /// Finishes or undoes the rescue, removes its journal, and says in words what was done.
  ///
  /// @throws PalaceException.PersonNeeded when what stands in the palace is not what it left
  static List<String> settle(MoveJournal journal, PalacePaths paths, FileOps ops)
      throws IOException {
    var recovery = new RescueRecovery(journal, paths, ops);
    try {
      return List.of(recovery.settle());
    } catch (PalaceException e) {
      throw e;
    } catch (IOException e) {
      throw recovery.personNeeded(e);
    }
  }

  private String settle() throws IOException {
    var moves = new MoveSet(ops, journal.moves());
    moves.resume();
    if (EntryRecovery.isSwitched(paths, journal, moves.states())) {
      moves.perform();
      finish(journal, paths, ops);
      return "the repair %s was done and is finished; undo it with %s"
          .formatted(paths.run(), command("restore " + paths.run()));
    }
    moves.undo();
    names.removeWorkFolder();
    store.removeEmptied(paths.run());
    journal.remove(ops);
    return "the repair %s had not changed the database yet; its new files were removed"
        .formatted(paths.run());
  }

  /// Does what is left once the database is exchanged: replaced segments and the text of drawers
  /// that left go to their places, the snapshot is described, the journal removed.
  public static void finish(MoveJournal journal, PalacePaths paths, FileOps ops)
      throws IOException {
    var names = new RepairMoves(ops, paths);
    String retired = journal.purpose().notes().getOrDefault(RETIRED, "");
    names.retire(
        Arrays.stream(retired.split(",", -1))
            .filter(name -> !name.isEmpty())
            .map(paths.palace()::resolve)
            .toList());
    names.keepText();
    names.keep();
    Set<String> added =
        journal.moves().stream()
            .map(move -> move.names().getLast().getFileName().toString())
            .filter(PalaceLayout::isSegmentName)
            .collect(Collectors.toSet());
    new SnapshotStore(ops, paths.ops()).fileDatabase(journal, paths, added);
    names.removeWorkFolder();
  }

  private PalaceException.PersonNeeded personNeeded(IOException cause) {
    return new PalaceException.PersonNeeded(
        "the repair %s of %s was interrupted and cannot be settled (%s); the database before it is %s or in %s"
            .formatted(
                paths.run(),
                paths.palace(),
                cause.getMessage(),
                names.workFolder(),
                paths.snapshot()),
        command("recover"),
        cause);
  }

  private String command(String verb) {
    return "palace %s --palace %s".formatted(verb, ShellWord.quote(paths.palace()));
  }
}
