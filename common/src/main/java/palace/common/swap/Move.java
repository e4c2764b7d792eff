package palace.common.swap;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/// One step that gives entries other names on the same file system. What it moves is recognised by
/// its mark, so whether the step has been done can be told from what is on disk, at any later time
/// and by another process.
public sealed interface Move {
  /// {@return whether the step has been done, judged by itself; a step whose names a later step of
  /// the same list used again is judged by [MoveSet#states()]}
  default State state() throws IOException {
    return state(View.DISK);
  }

  /// {@return whether the step has been done, where the view says what stands under each name}
  State state(View view) throws IOException;

  /// {@return the names that the step changes}
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
    /// The entries stand where they were before the step.
    NOT_DONE,
    /// Neither can be said: somebody else took or changed what the step is about.
    UNKNOWN
  }

  /// What stands under a name, possibly under the assumption that later steps were undone.
  @FunctionalInterface
  interface View {
    /// The disk as it is.
    View DISK = Optional::of;

    /// {@return where on disk that is which stands under the name, or empty when nothing does}
    Optional<Path> at(Path name);

    /// {@return whether the marked entry stands under the name}
    default boolean shows(TreeMark mark, Path name) throws IOException {
      Optional<Path> entry = at(name);
      return entry.isPresent() && mark.matches(entry.get());
    }
  }

  /// Gives an entry another name.
  ///
  /// @param from the name it has before
  /// @param to the name it has after, free before or an empty directory
  /// @param moved what is moved
  record Rename(Path from, Path to, TreeMark moved) implements Move {
    @Override
    public State state(View view) throws IOException {
      boolean there = view.shows(moved, to);
      boolean here = view.shows(moved, from);
      return there == here ? State.UNKNOWN : there ? State.DONE : State.NOT_DONE;
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
    public State state(View view) throws IOException {
      boolean done = view.shows(leftWas, right) && view.shows(rightWas, left);
      boolean not = view.shows(leftWas, left) && view.shows(rightWas, right);
      return done == not ? State.UNKNOWN : done ? State.DONE : State.NOT_DONE;
    }

    @Override
    public List<Path> names() {
      return List.of(left, right);
    }
  }
}
