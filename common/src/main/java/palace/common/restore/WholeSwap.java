package palace.common.restore;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import palace.common.PalaceException;
import palace.common.RunId;
import palace.common.ShellWord;
import palace.common.files.FileOps;
import palace.common.files.Identity;
import palace.common.files.Listing;
import palace.common.snapshot.Snapshot;
import palace.common.snapshot.SnapshotStore;
import palace.common.store.CompanionSeparation;
import palace.common.swap.Move;
import palace.common.swap.MoveJournal;
import palace.common.swap.MoveSet;
import palace.common.swap.PalacePaths;
import palace.common.swap.TreeMark;

/// An interrupted run in which one directory was to take the place of another as the palace.
///
/// What stands at the palace's path decides: the tree from before means that the run is undone, the
/// new one that it is finished. Where nothing stands there, the tree from before goes back unless
/// somebody asks for the new one. Anything else there is somebody else's and is not touched.
final class WholeSwap {
  private final FileOps ops;
  private final PalacePaths paths;
  private final MoveJournal journal;
  private final Ledger ledger;
  private final Set<Path> names = new LinkedHashSet<>();
  private Optional<TreeMark> before = Optional.empty();
  private Optional<TreeMark> after = Optional.empty();

  WholeSwap(FileOps ops, PalacePaths paths, MoveJournal journal, Ledger ledger) {
    this.ops = ops;
    this.paths = paths;
    this.journal = journal;
    this.ledger = ledger;
    for (Move move : journal.moves()) {
      names.addAll(move.names());
      read(move);
    }
    names.addAll(List.of(paths.aside(), paths.snapshot().resolve("palace")));
    names.addAll(List.of(paths.build(), paths.incoming()));
    names.remove(paths.palace());
  }

  /// {@return whether this is how the journal's run moves things}
  static boolean isOne(MoveJournal journal, Path palace) {
    return journal.moves().stream().anyMatch(move -> move.names().contains(palace));
  }

  /// Which tree stands under a name.
  private enum Tree {
    BEFORE,
    AFTER,
    NOTHING,
    FOREIGN
  }

  private void read(Move move) {
    switch (move) {
      case Move.Rename(Path from, Path to, TreeMark moved) -> {
        if (from.equals(paths.palace())) {
          before = Optional.of(moved);
        } else if (to.equals(paths.palace())) {
          after = Optional.of(moved);
        }
      }
      case Move.Exchange(Path left, Path right, TreeMark leftWas, TreeMark rightWas) -> {
        boolean palaceLeft = left.equals(paths.palace());
        if (palaceLeft || right.equals(paths.palace())) {
          before = Optional.of(palaceLeft ? leftWas : rightWas);
          after = Optional.of(palaceLeft ? rightWas : leftWas);
        }
      }
    }
  }

  void settle(Direction direction) throws IOException {
    switch (treeAt(paths.palace())) {
      case BEFORE -> takeBack();
      case AFTER -> finish();
      case FOREIGN -> throw personNeeded("what stands there is neither");
      case NOTHING -> settleMissing(direction);
    }
  }

  private void settleMissing(Direction direction) throws IOException {
    Optional<Path> old = where(before);
    Optional<Path> fresh = where(after);
    boolean forward = direction == Direction.FORWARD && mayFinish(old, fresh);
    if (old.isPresent() && !forward) {
      move(old.get(), paths.palace());
      takeBack();
    } else if (before.isEmpty() && !forward) {
      takeBack();
    } else if (fresh.isPresent()) {
      if (old.isEmpty() && before.isPresent()) {
        ledger.warn(
            "the palace from before %s is nowhere to be found; the new one was put in its place"
                .formatted(run()));
      }
      move(fresh.get(), paths.palace());
      finish();
    } else {
      throw personNeeded("neither is anywhere to be found");
    }
  }

  /// The databases beside the store that live in both trees must still be the same files: otherwise
  /// somebody wrote to the previous palace's since.
  private boolean mayFinish(Optional<Path> old, Optional<Path> fresh) throws IOException {
    if (fresh.isEmpty() || old.isEmpty()) {
      return fresh.isPresent();
    }
    boolean linked = journal.purpose().operation() == MoveJournal.Operation.MIGRATE;
    boolean may = !linked || CompanionSeparation.isLinked(old.get(), fresh.get());
    if (!may) {
      ledger.warn(
          "%s was not finished but undone, because files beside the store were written since"
              .formatted(run()));
    }
    return may;
  }

  /// The palace is as it was; the tree that was to take its place returns to where it came from.
  private void takeBack() throws IOException {
    Optional<Path> fresh = where(after);
    Path source = source();
    if (fresh.isPresent() && !fresh.get().equals(source)) {
      move(fresh.get(), source);
    }
    new SnapshotStore(ops, paths.ops()).removeEmptied(run());
    journal.remove(ops);
    ledger.settled(
        run(),
        "back",
        "the interrupted %s %s was undone: the palace is as it was before"
            .formatted(operation(), run()));
  }

  /// {@return where the new tree came from}
  private Path source() {
    return journal.moves().stream()
        .filter(Move.Rename.class::isInstance)
        .map(Move.Rename.class::cast)
        .filter(rename -> after.isPresent() && rename.moved().equals(after.get()))
        .map(Move.Rename::from)
        .findFirst()
        .orElse(paths.build());
  }

  /// The new tree is in place; the one from before becomes the snapshot.
  private void finish() throws IOException {
    var store = new SnapshotStore(ops, paths.ops());
    Optional<Path> old = where(before);
    boolean displaced = old.isPresent();
    if (displaced) {
      CompanionSeparation.separate(ops, old.get(), paths.palace(), paths.incoming());
      store.file(journal, paths, Snapshot.Known.NOTHING);
    } else {
      Optional<RunId> restored = journal.purpose().restored();
      if (restored.isPresent()) {
        store.removeEmptied(restored.get());
      }
      journal.remove(ops);
    }
    ledger.settled(
        run(),
        "forward",
        displaced
            ? "the interrupted %s %s had done its work and was finished: the palace from before is snapshot %s"
                .formatted(operation(), run(), run())
            : "the interrupted %s %s had done its work and was finished"
                .formatted(operation(), run()));
  }

  private Tree treeAt(Path name) throws IOException {
    if (Identity.of(name).isEmpty()) {
      return Tree.NOTHING;
    }
    if (is(before, name, true)) {
      return Tree.BEFORE;
    }
    if (is(after, name, true)) {
      return Tree.AFTER;
    }
    if (is(before, name, false)) {
      return Tree.BEFORE;
    }
    if (is(after, name, false)) {
      return Tree.AFTER;
    }
    return isEmptyDirectory(name) ? Tree.NOTHING : Tree.FOREIGN;
  }

  private Optional<Path> where(Optional<TreeMark> mark) throws IOException {
    for (boolean exactly : new boolean[] {true, false}) {
      for (Path name : names) {
        if (is(mark, name, exactly)) {
          return Optional.of(name);
        }
      }
    }
    return Optional.empty();
  }

  /// A copy may look exactly like what it was copied from, so the inode is asked first.
  private static boolean is(Optional<TreeMark> mark, Path name, boolean exactly)
      throws IOException {
    return mark.isPresent()
        && mark.get().matches(name)
        && (!exactly || TreeMark.of(name).inode().equals(mark.get().inode()));
  }

  private static boolean isEmptyDirectory(Path name) throws IOException {
    return Files.isDirectory(name, NOFOLLOW_LINKS) && Listing.of(name).isEmpty();
  }

  private void move(Path from, Path to) throws IOException {
    if (isEmptyDirectory(to)) {
      ops.delete(to);
    }
    if (Identity.of(to).isPresent()) {
      throw personNeeded(to + " is taken");
    }
    MoveSet.makeAgain(ops, Objects.requireNonNull(to.getParent()));
    ops.rename(from, to);
    ops.force(Objects.requireNonNull(to.getParent()));
    ops.force(Objects.requireNonNull(from.getParent()));
  }

  private PalaceException.PersonNeeded personNeeded(String reason) throws IOException {
    Optional<Path> old = where(before);
    var found = new ArrayList<String>();
    found.add("%s is %s".formatted(paths.palace(), said(treeAt(paths.palace()))));
    for (Path name : names) {
      Tree tree = treeAt(name);
      if (tree != Tree.NOTHING) {
        found.add("%s is %s".formatted(name, said(tree)));
      }
    }
    return new PalaceException.PersonNeeded(
        "the interrupted %s %s cannot be settled, %s: %s; nothing was changed"
            .formatted(operation(), run(), reason, String.join("; ", found)),
        old.map(this::commandToPutBack).orElse("palace snapshot list, then palace restore ID"),
        new FileSystemException(paths.palace().toString(), null, reason));
  }

  private String commandToPutBack(Path old) {
    Path displaced =
        paths.palace().resolveSibling(paths.palace().getFileName() + ".displaced-" + run());
    return "mv -- %s %s && mv -- %s %s && palace recover --palace %s"
        .formatted(
            ShellWord.quote(paths.palace()),
            ShellWord.quote(displaced),
            ShellWord.quote(old),
            ShellWord.quote(paths.palace()),
            ShellWord.quote(paths.palace()));
  }

  private static String said(Tree tree) {
    return switch (tree) {
      case BEFORE -> "the palace from before";
      case AFTER -> "the new palace";
      case NOTHING -> "missing or empty";
      case FOREIGN -> "neither of them";
    };
  }

  private RunId run() {
    return journal.occasion().run();
  }

  private String operation() {
    return journal.purpose().operation().word();
  }
}
