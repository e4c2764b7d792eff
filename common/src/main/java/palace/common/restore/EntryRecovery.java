package palace.common.restore;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import palace.common.PalaceException;
import palace.common.RunId;
import palace.common.files.FileOps;
import palace.common.files.Identity;
import palace.common.snapshot.Snapshot;
import palace.common.snapshot.SnapshotStore;
import palace.common.store.PalaceLayout;
import palace.common.swap.ExchangeUnsupportedException;
import palace.common.swap.Move;
import palace.common.swap.MoveJournal;
import palace.common.swap.MoveSet;
import palace.common.swap.PalacePaths;

/// An interrupted run that exchanged entries of a palace one by one.
///
/// The exchange of the database is the switch. From then on the palace is the new one for everybody
/// who opens it, and may have been written to since, so the run is finished whatever was asked for;
/// before it the run is undone, or finished when somebody asks for that.
final class EntryRecovery {
  private final FileOps ops;
  private final PalacePaths paths;
  private final MoveJournal journal;
  private final Ledger ledger;

  EntryRecovery(FileOps ops, PalacePaths paths, MoveJournal journal, Ledger ledger) {
    this.ops = ops;
    this.paths = paths;
    this.journal = journal;
    this.ledger = ledger;
  }

  void settle(Direction direction) throws IOException {
    var moves = new MoveSet(ops, journal.moves());
    moves.resume();
    List<Move.State> states = moves.states();
    if (states.contains(Move.State.UNKNOWN)) {
      throw personNeeded(states);
    }
    boolean done = !states.contains(Move.State.NOT_DONE);
    boolean forward = direction == Direction.FORWARD || isSwitched(paths, journal, states);
    if (done || forward && perform(moves)) {
      finish();
    } else {
      moves.undo();
      takenBack();
    }
  }

  /// {@return whether the database that comes in has its name already}
  static boolean isSwitched(PalacePaths paths, MoveJournal journal, List<Move.State> states) {
    Path database = paths.palace().resolve(PalaceLayout.DATABASE);
    for (int i = 0; i < states.size(); i++) {
      if (states.get(i) == Move.State.DONE && bringsIn(journal.moves().get(i), database)) {
        return true;
      }
    }
    return false;
  }

  private static boolean bringsIn(Move move, Path name) {
    return switch (move) {
      case Move.Rename rename -> rename.to().equals(name);
      case Move.Exchange exchange -> exchange.names().contains(name);
    };
  }

  private boolean perform(MoveSet moves) throws IOException {
    try {
      moves.perform();
      return true;
    } catch (ExchangeUnsupportedException e) {
      ledger.warn(
          "%s was not finished but undone, because two names cannot change places here: %s"
              .formatted(run(), e.getMessage()));
      return false;
    }
  }

  private void takenBack() throws IOException {
    new SnapshotStore(ops, paths.ops()).removeEmptied(run());
    journal.remove(ops);
    ledger.settled(
        run(),
        "back",
        "the interrupted %s %s was undone: the palace is as it was before"
            .formatted(operation(), run()));
  }

  private void finish() throws IOException {
    var store = new SnapshotStore(ops, paths.ops());
    if (Files.isDirectory(paths.snapshot(), NOFOLLOW_LINKS)) {
      store.file(journal, paths, Snapshot.Known.NOTHING);
    } else {
      // There was no palace, so nothing was replaced.
      Optional<RunId> restored = journal.purpose().restored();
      if (restored.isPresent()) {
        store.removeEmptied(restored.get());
      }
      journal.remove(ops);
    }
    ledger.settled(
        run(),
        "forward",
        "the interrupted %s %s had done its work and was finished: what it replaced is snapshot %s"
            .formatted(operation(), run(), run()));
  }

  private PalaceException.PersonNeeded personNeeded(List<Move.State> states) throws IOException {
    var open = new ArrayList<String>();
    for (int i = 0; i < states.size(); i++) {
      if (states.get(i) == Move.State.UNKNOWN) {
        for (Path name : journal.moves().get(i).names()) {
          boolean there = Identity.of(name).isPresent();
          open.add("%s is %s".formatted(name, there ? "not what it left" : "missing"));
        }
      }
    }
    String reason = String.join("; ", open);
    return new PalaceException.PersonNeeded(
        "the interrupted %s %s cannot be settled: %s; nothing was changed; its journal is %s"
            .formatted(operation(), run(), reason, journal.file()),
        "put back what was taken away, then run palace recover",
        new FileSystemException(paths.palace().toString(), null, reason));
  }

  private RunId run() {
    return journal.occasion().run();
  }

  private String operation() {
    return journal.purpose().operation().word();
  }
}
