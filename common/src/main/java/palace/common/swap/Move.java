package palace.common.swap;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import palace.common.swap.TreeMark.Match;

/// One step that gives entries other names on the same file system. What it moves is recognised by
/// its mark, so whether the step has been done can be told from what is on disk, at any later time
/// and by another process.
public sealed interface Move {
  /// {@return whether the step has been done, judged by itself; a step whose names another step of
  /// the same list uses too is judged by [MoveSet#states()]}
  default State state() throws IOException {
    if (isDone(View.DISK)) {
      return State.DONE;
    }
    return isReady(View.DISK) ? State.NOT_DONE : State.UNKNOWN;
  }

  /// {@return whether the entries stand where the step puts them}
  boolean isDone(View view) throws IOException;

  /// {@return whether the entries stand where the step takes them from}
  boolean isReady(View view) throws IOException;

  /// {@return the names that the step changes; the last one receives}
  List<Path> names();

  /// {@return the directories that hold these names, the one that receives first}
  default LinkedHashSet<Path> directories() {
    var directories = new LinkedHashSet<Path>();
    for (Path name : names().reversed()) {
      directories.add(Objects.requireNonNull(name.getParent(), "a root cannot be moved"));
    }
    return directories;
  }

  /// What is known of a step.
  enum State {
    /// The entries stand where the step puts them.
    DONE,
    /// The entries stand where the step takes them from.
    NOT_DONE,
    /// Neither: what the step is about has vanished, or cannot be told from something else.
    UNKNOWN
  }

  /// What stands under a name, possibly under the assumption that other steps were done or undone.
  @FunctionalInterface
  interface View {
    /// The disk as it is.
    View DISK = Optional::of;

    /// {@return where on disk that is which stands under the name, or empty when nothing does}
    Optional<Path> at(Path name);

    /// {@return how well that which stands under the name fits the mark}
    private Match match(TreeMark mark, Path name) throws IOException {
      Optional<Path> entry = at(name);
      return entry.isPresent() ? mark.match(entry.get()) : Match.NONE;
    }
  }

  /// Gives an entry another name.
  ///
  /// @param from the name it has before
  /// @param to the name it has after, free before or an empty directory
  /// @param moved what is moved
  record Rename(Path from, Path to, TreeMark moved) implements Move {
    @Override
    public boolean isDone(View view) throws IOException {
      return view.match(moved, to).compareTo(view.match(moved, from)) > 0;
    }

    @Override
    public boolean isReady(View view) throws IOException {
      return view.match(moved, from).compareTo(view.match(moved, to)) > 0;
    }

    @Override
    public List<Path> names() {
      return List.of(from, to);
    }
  }

  /// Lets two entries change places.
  ///
  /// @param left the one name
  /// @param right the other name
  /// @param leftWas what has the name `left` before
  /// @param rightWas what has the name `right` before
  record Exchange(Path left, Path right, TreeMark leftWas, TreeMark rightWas) implements Move {
    @Override
    public boolean isDone(View view) throws IOException {
      return exchanged(view).compareTo(straight(view)) > 0;
    }

    @Override
    public boolean isReady(View view) throws IOException {
      return straight(view).compareTo(exchanged(view)) > 0;
    }

    /// {@return the name that the right entry has while the exchange is taken back by renames,
    // where
    /// the file system knows no exchange any more}
    Path between() {
      return right.resolveSibling("." + right.getFileName() + ".between");
    }

    private Match straight(View view) throws IOException {
      return lesser(view.match(leftWas, left), view.match(rightWas, right));
    }

    private Match exchanged(View view) throws IOException {
      return lesser(view.match(leftWas, right), view.match(rightWas, left));
    }

    private static Match lesser(Match one, Match other) {
      return one.compareTo(other) < 0 ? one : other;
    }

    @Override
    public List<Path> names() {
      return List.of(left, right);
    }
  }
}
