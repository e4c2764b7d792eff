package palace.common.swap;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import palace.common.files.FileOps;
import palace.common.files.Identity;
import palace.common.files.Listing;

/// The moves of one journal as one unit: performed in their order, undone in the reverse one. Each
/// is done only where what is on disk says that it has not been, so both may be repeated any number
/// of times, from any process, after an interruption at any point.
///
/// Every directory that a move touched is flushed, the one that received an entry before the one
/// that lost it, and before a later move touches others, so that after a power cut too the moves
/// that count as done are the first ones of the list. Nothing is written, so undoing needs no
/// space, and nothing is deleted.
///
/// An exchange that the file system cannot take back by another one, because the run that did it
/// had another system or other settings, is taken back by three renames: the right entry gets a
/// name of its own, the left one goes home, then the right one. Each of the states between them is
/// recognised by that name, and [#resume()] brings it to the nearer end first.
public final class MoveSet {
  private final FileOps ops;
  private final List<Move> moves;

  /// These moves, which are journaled already, on that file system.
  public MoveSet(FileOps ops, List<Move> moves) {
    this.ops = ops;
    this.moves = List.copyOf(moves);
  }

  /// {@return what is known of every move, in their order}
  ///
  /// Several moves may use the same name. So the last ones are judged first, each as if the ones
  /// after it that are done were undone; then those that are not done, the first ones first, each
  /// as if the ones before it were done.
  public List<Move.State> states() throws IOException {
    Set<Integer> done = done();
    var names = new Names();
    var states = new ArrayList<Move.State>();
    for (int i = 0; i < moves.size(); i++) {
      Move move = moves.get(i);
      if (done.contains(i)) {
        states.add(Move.State.DONE);
      } else if (move.isReady(names)) {
        names.make(move);
        states.add(Move.State.NOT_DONE);
      } else {
        states.add(Move.State.UNKNOWN);
      }
    }
    return states;
  }

  private Set<Integer> done() throws IOException {
    var names = new Names();
    var done = new LinkedHashSet<Integer>();
    for (int i = moves.size() - 1; i >= 0; i--) {
      if (moves.get(i).isDone(names)) {
        names.takeBack(moves.get(i));
        done.add(i);
      }
    }
    return done;
  }

  /// Ends an interrupted taking back of an exchange by renames: with one rename every exchange is
  /// done or not done again. Does nothing in all other cases.
  public void resume() throws IOException {
    for (Move move : moves) {
      if (move instanceof Move.Exchange exchange
          && exchange.rightWas().matches(exchange.between())) {
        boolean begun = Identity.of(exchange.left()).isEmpty();
        renameDurably(exchange.between(), begun ? exchange.left() : exchange.right());
      }
    }
  }

  /// Does what is not done yet. When it throws, the moves before the failed one are done, but may
  /// not be flushed. An exchange that the file system cannot do is an
  /// [ExchangeUnsupportedException]; a move of which nothing is known stops everything before the
  /// first step.
  public void perform() throws IOException {
    resume();
    List<Move.State> states = states();
    for (int i = 0; i < moves.size(); i++) {
      if (states.get(i) == Move.State.UNKNOWN) {
        throw unknown(moves.get(i));
      }
    }
    var dirty = new Touched();
    for (int i = 0; i < moves.size(); i++) {
      dirty.next(moves.get(i));
      if (states.get(i) == Move.State.NOT_DONE) {
        perform(moves.get(i));
      }
    }
    dirty.flush();
  }

  /// Takes back what is done, the last move first. When it throws, the moves after the failed one
  /// are undone.
  ///
  /// A rename whose entry has vanished leaves nothing to take back; any other move of which nothing
  /// is known stops everything before the first step.
  public void undo() throws IOException {
    resume();
    List<Move.State> states = states();
    for (int i = 0; i < moves.size(); i++) {
      if (states.get(i) == Move.State.UNKNOWN && !hasVanished(moves.get(i))) {
        throw unknown(moves.get(i));
      }
    }
    var dirty = new Touched();
    for (int i = moves.size() - 1; i >= 0; i--) {
      dirty.next(moves.get(i));
      if (states.get(i) == Move.State.DONE) {
        undo(moves.get(i));
      }
    }
    dirty.flush();
  }

  private static boolean hasVanished(Move move) throws IOException {
    return switch (move) {
      case Move.Rename rename -> isVacant(rename.to());
      case Move.Exchange exchange -> false;
    };
  }

  private static FileSystemException unknown(Move move) {
    return new FileSystemException(
        move.names().getFirst().toString(),
        move.names().getLast().toString(),
        "neither name holds what this run moves");
  }

  private void perform(Move move) throws IOException {
    switch (move) {
      case Move.Rename rename -> rename(rename.from(), rename.to());
      case Move.Exchange exchange -> exchange(exchange);
    }
  }

  private void undo(Move move) throws IOException {
    switch (move) {
      case Move.Rename rename -> {
        makeAgain(ops, Objects.requireNonNull(rename.from().getParent()));
        rename(rename.to(), rename.from());
      }
      case Move.Exchange exchange -> exchangeBack(exchange);
    }
  }

  private void exchangeBack(Move.Exchange exchange) throws IOException {
    if (!ops.exchange(exchange.left(), exchange.right())) {
      renameDurably(exchange.left(), exchange.between());
      renameDurably(exchange.right(), exchange.left());
      renameDurably(exchange.between(), exchange.right());
    }
  }

  private void renameDurably(Path from, Path to) throws IOException {
    rename(from, to);
    ops.force(Objects.requireNonNull(to.getParent()));
    ops.force(Objects.requireNonNull(from.getParent()));
  }

  /// Makes the folder that an entry goes back to where somebody has deleted it meanwhile.
  public static void makeAgain(FileOps ops, Path folder) throws IOException {
    if (Identity.of(folder).isEmpty()) {
      makeAgain(ops, Objects.requireNonNull(folder.getParent()));
      ops.createDirectory(folder);
    }
  }

  private void rename(Path from, Path to) throws IOException {
    if (!isVacant(to)) {
      throw new FileAlreadyExistsException(from.toString(), to.toString(), "the name is taken");
    }
    ops.rename(from, to);
  }

  private void exchange(Move.Exchange move) throws IOException {
    if (!ops.exchange(move.left(), move.right())) {
      throw new ExchangeUnsupportedException(move.left(), move.right());
    }
  }

  /// {@return whether a rename to this name destroys nothing: it is free, or an empty directory}
  static boolean isVacant(Path path) throws IOException {
    return Identity.of(path).isEmpty()
        || Files.isDirectory(path, NOFOLLOW_LINKS) && Listing.of(path).isEmpty();
  }

  /// The directories that were touched and not flushed yet. What an earlier, interrupted run
  /// touched counts too, because it may have died before its flush.
  private final class Touched {
    private final Set<Path> directories = new LinkedHashSet<>();

    void next(Move move) throws IOException {
      Set<Path> theirs = move.directories();
      if (!theirs.containsAll(directories)) {
        flush();
      }
      directories.addAll(theirs);
    }

    void flush() throws IOException {
      for (Path directory : directories) {
        if (Files.isDirectory(directory, NOFOLLOW_LINKS)) {
          ops.force(directory);
        }
      }
      directories.clear();
    }
  }

  /// What stands under each name, as if some moves had been made or taken back.
  private static final class Names implements Move.View {
    private final Map<Path, Optional<Path>> changed = new HashMap<>();

    @Override
    public Optional<Path> at(Path name) {
      return changed.getOrDefault(name, Optional.of(name));
    }

    void make(Move move) {
      switch (move) {
        case Move.Rename rename -> rename(rename.from(), rename.to());
        case Move.Exchange exchange -> exchange(exchange);
      }
    }

    void takeBack(Move move) {
      switch (move) {
        case Move.Rename rename -> rename(rename.to(), rename.from());
        case Move.Exchange exchange -> exchange(exchange);
      }
    }

    private void rename(Path from, Path to) {
      changed.put(to, at(from));
      changed.put(from, Optional.empty());
    }

    private void exchange(Move.Exchange exchange) {
      Optional<Path> left = at(exchange.left());
      changed.put(exchange.left(), at(exchange.right()));
      changed.put(exchange.right(), left);
    }
  }
}
