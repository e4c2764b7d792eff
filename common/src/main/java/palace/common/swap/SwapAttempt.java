package palace.common.swap;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import palace.common.ShellWord;
import palace.common.files.FileOps;
import palace.common.files.Identity;

/// One try to exchange a palace: its names, its journal, and the identities by which the trees are
/// told from anything that others put there.
final class SwapAttempt {
  private final PalacePaths paths;
  private final Occasion occasion;
  private final MoveJournal.Purpose purpose;
  private final Path build;
  private final Identity original;
  private final Identity fresh;
  private final Set<Identity> made = new HashSet<>();
  private Path replacement;
  private Optional<MoveJournal> journal = Optional.empty();

  SwapAttempt(
      PalacePaths paths,
      Occasion occasion,
      MoveJournal.Purpose purpose,
      Path build,
      Identity original,
      Identity fresh) {
    this.paths = paths;
    this.occasion = occasion;
    this.purpose = purpose;
    this.build = build;
    this.replacement = build;
    this.original = original;
    this.fresh = fresh;
    made.add(fresh);
  }

  Path palace() {
    return paths.palace();
  }

  Path aside() {
    return paths.aside();
  }

  Path incoming() {
    return paths.incoming();
  }

  Path parent() {
    return paths.parent();
  }

  Path build() {
    return build;
  }

  /// {@return the tree that is to take the palace's place: the build, or its copy}
  Path replacement() {
    return replacement;
  }

  /// Makes the copy of the build the tree that takes the palace's place.
  void replaceByCopy() {
    replacement = incoming();
  }

  /// {@return where the journal is, once it is written}
  Path journalFile() {
    return MoveJournal.fileOf(paths, occasion.run());
  }

  /// Writes the journal, durably, in place of an earlier one of this try.
  void journal(FileOps ops, List<Move> moves) throws IOException {
    journal = Optional.of(MoveJournal.write(ops, paths, occasion, purpose, moves));
  }

  /// {@return aside the replacement, then both exchanged}
  List<Move> exchange() throws IOException {
    TreeMark old = TreeMark.of(palace());
    TreeMark mark = TreeMark.of(replacement);
    return List.of(
        new Move.Rename(replacement, aside(), mark),
        new Move.Exchange(palace(), aside(), old, mark));
  }

  /// {@return aside the palace, then in the replacement}
  List<Move> renames() throws IOException {
    return List.of(
        new Move.Rename(palace(), aside(), TreeMark.of(palace())),
        new Move.Rename(replacement, palace(), TreeMark.of(replacement)));
  }

  /// {@return what the exchange gives to whoever files the aside}
  Displaced displaced() {
    return new Displaced(aside(), paths, occasion, journal.orElseThrow());
  }

  /// {@return the name that one of our trees came from}
  Path home(Optional<Identity> tree) {
    return isBuild(tree) ? build : incoming();
  }

  /// {@return the directories whose names change, the one that receives the palace first}
  Set<Path> directories() {
    var directories = new LinkedHashSet<Path>();
    directories.add(parent());
    directories.add(Objects.requireNonNull(replacement.getParent()));
    return directories;
  }

  /// Remembers an entry as made by us.
  void made(Optional<Identity> entry) {
    entry.ifPresent(made::add);
  }

  boolean isOurs(Optional<Identity> entry) {
    return entry.isPresent() && made.contains(entry.get());
  }

  boolean isOriginal(Optional<Identity> entry) {
    return entry.isPresent() && entry.get().equals(original);
  }

  boolean isBuild(Optional<Identity> entry) {
    return entry.isPresent() && entry.get().equals(fresh);
  }

  /// Flushes every directory whose names changed.
  void flush(FileOps ops) throws IOException {
    for (Path directory : directories()) {
      ops.force(directory);
    }
  }

  void requireOriginal() throws IOException {
    if (!isOriginal(Identity.of(palace()))) {
      throw new FileSystemException(palace().toString(), null, "replaced by somebody else");
    }
  }

  void requireOurs() throws IOException {
    if (!isOurs(Identity.of(palace()))) {
      throw new FileSystemException(palace().toString(), null, "replaced by somebody else");
    }
  }

  /// An empty directory that somebody made at the palace's path meanwhile is replaced by the rename
  /// itself; anything else that is not ours stops us.
  void requireVacant(Logger log) throws IOException {
    if (Identity.of(palace()).isEmpty()) {
      return;
    }
    if (!MoveSet.isVacant(palace())) {
      throw new FileAlreadyExistsException(
          palace().toString(), null, "made by somebody else during the swap");
    }
    log.warn("swap.empty-directory-replaced path={}", LogValue.of(palace()));
  }

  /// {@return where the new palace, or what there is of it, stands now}
  Path partial() throws IOException {
    for (Path path : List.of(build, incoming(), aside())) {
      if (isOurs(Identity.of(path))) {
        return path;
      }
    }
    return palace();
  }

  /// {@return the shell command that puts the previous palace back, whatever stands at its path
  /// being moved out of the way}
  String commandToPutBack() {
    String back = "mv -- %s %s".formatted(ShellWord.quote(aside()), ShellWord.quote(palace()));
    if (!Files.exists(palace(), NOFOLLOW_LINKS)) {
      return back;
    }
    Path displaced = palace().resolveSibling(palace().getFileName() + ".displaced-" + paths.run());
    return "mv -- %s %s && %s"
        .formatted(ShellWord.quote(palace()), ShellWord.quote(displaced), back);
  }
}
