package palace.common.swap;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import palace.common.files.FileOps;
import palace.common.files.Identity;

/// The moves of one journal as one unit: performed in their order, undone in the reverse one. Each
/// is done only where what is on disk says that it has not been, so both may be repeated any number
/// of times, from any process, after an interruption at any point.
///
/// Every directory that a move touched is flushed, the one that received an entry before the one
/// that lost it, and before a move that touches others. Nothing is written, so undoing needs no
/// space, and nothing is deleted.
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
  /// The last moves are judged first, and each under the assumption that the ones after it that are
  /// done were undone, because several moves may use the same name.
  public List<Move.State> states() throws IOException {
    var now = new HashMap<Path, Optional<Path>>();
    Move.View view = name -> now.getOrDefault(name, Optional.of(name));
    var states = new ArrayList<Move.State>();
    for (Move move : moves.reversed()) {
      Move.State state = move.state(view);
      if (state == Move.State.DONE) {
        takeBack(move, view, now);
      }
      states.add(state);
    }
    Collections.reverse(states);
    return states;
  }

  /// Does what is not done yet. When it throws, the moves before are done, and flushed unless the
  /// flush is what failed; an exchange that the file system cannot do is an
  /// [ExchangeUnsupportedException].
  public void perform() throws IOException {
    List<Move.State> states = states();
    run(moves, states, Move.State.NOT_DONE, this::perform);
  }

  /// Takes back what is done, the last move first. When it throws, the moves after are undone.
  public void undo() throws IOException {
    List<Move.State> states = states();
    run(moves.reversed(), states.reversed(), Move.State.DONE, this::undo);
  }

  /// One move in one direction.
  @FunctionalInterface
  private interface Step {
    void on(Move move) throws IOException;
  }

  private void run(List<Move> order, List<Move.State> states, Move.State wanted, Step step)
      throws IOException {
    requireKnown(order, states);
    Set<Path> dirty = new LinkedHashSet<>();
    // What an interrupted run did may not have been flushed.
    for (int i = 0; i < order.size(); i++) {
      Move move = order.get(i);
      if (states.get(i) == wanted) {
        if (!move.directories().containsAll(dirty)) {
          flush(dirty);
        }
        dirty.addAll(move.directories());
        step.on(move);
      } else {
        dirty.addAll(move.directories());
      }
    }
    flush(dirty);
  }

  private void requireKnown(List<Move> order, List<Move.State> states) throws IOException {
    int unknown = states.indexOf(Move.State.UNKNOWN);
    if (unknown >= 0) {
      List<Path> names = order.get(unknown).names();
      throw new FileSystemException(
          names.getFirst().toString(), names.getLast().toString(), "is not what this run left");
    }
  }

  private void flush(Set<Path> directories) throws IOException {
    for (Path directory : directories) {
      ops.force(directory);
    }
    directories.clear();
  }

  private void perform(Move move) throws IOException {
    switch (move) {
      case Move.Rename rename -> rename(rename.from(), rename.to());
      case Move.Exchange exchange -> exchange(exchange);
    }
  }

  private void undo(Move move) throws IOException {
    switch (move) {
      case Move.Rename rename -> rename(rename.to(), rename.from());
      case Move.Exchange exchange -> exchange(exchange);
    }
  }

  private void rename(Path from, Path to) throws IOException {
    if (Identity.of(to).isPresent()) {
      throw new FileAlreadyExistsException(from.toString(), to.toString(), "the name is taken");
    }
    ops.rename(from, to);
  }

  private void exchange(Move.Exchange move) throws IOException {
    if (!ops.exchange(move.left(), move.right())) {
      throw new ExchangeUnsupportedException(move.left(), move.right());
    }
  }

  private static void takeBack(Move move, Move.View view, Map<Path, Optional<Path>> now) {
    switch (move) {
      case Move.Rename rename -> {
        now.put(rename.from(), view.at(rename.to()));
        now.put(rename.to(), Optional.empty());
      }
      case Move.Exchange exchange -> {
        Optional<Path> left = view.at(exchange.left());
        now.put(exchange.left(), view.at(exchange.right()));
        now.put(exchange.right(), left);
      }
    }
  }
}
