package palace.common.swap;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import palace.common.ShellWord;
import palace.common.files.Identity;

/// One try to exchange a palace: its names, and the identities by which the trees are told from
/// anything that others put there.
final class SwapAttempt {
  private final PalacePaths paths;
  private final Path build;
  private final Identity original;
  private final Identity fresh;
  private final Set<Identity> made = new HashSet<>();

  SwapAttempt(PalacePaths paths, Path build, Identity original, Identity fresh) {
    this.paths = paths;
    this.build = build;
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

  /// {@return where the new palace, or what there is of it, stands now}
  Path partial() {
    if (Files.exists(build, NOFOLLOW_LINKS)) {
      return build;
    }
    return Files.exists(incoming(), NOFOLLOW_LINKS) ? incoming() : palace();
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
