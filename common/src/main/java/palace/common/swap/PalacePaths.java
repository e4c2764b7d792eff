package palace.common.swap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.regex.Pattern;
import palace.common.PalaceException;
import palace.common.RunId;
import palace.common.files.MountPoints;

/// Every name on disk that one run may use for one palace.
///
/// ```
/// D/N                     the palace, its real path
/// D/N.build-I/            build
/// D/N.incoming-I/         target of the copy when the build is on another device
/// D/N.aside-I/            the previous palace during a swap
/// D/N.staging-I/          staging of a removal
/// D/N.ops/                lock, history.jsonl, snapshots/I/
/// D/N/.palace/seal.json   the seal
/// ```
///
/// A *confined* palace cannot be renamed as a whole: it is a mount point, its parent cannot be
/// written, or it is MemPalace's own config folder, whose lock files must stay where they are. Its
/// names all lie inside it, and its entries are exchanged one by one:
///
/// ```
/// D/N/.palace/build-I/    build; incoming-I, aside-I and staging-I likewise
/// D/N/.palace/ops/        the ops folder
/// ```
///
/// @param palace the real path of the palace
/// @param run the run that owns the names with an `I`
/// @param ops the folder of what outlives a run
/// @param confined whether the palace is confined
public record PalacePaths(Path palace, RunId run, Path ops, boolean confined) {
  private static final String FOLDER = ".palace";
  private static final int MOST_LINKS = 40;
  private static final Pattern WHAT = Pattern.compile("(build|incoming|aside|staging)-(.*)");

  /// {@return the names for a palace, which need not exist yet; links on the way to it are
  /// resolved}
  public static PalacePaths of(Path palace, RunId run) throws IOException {
    Path real = realPath(palace);
    Path ops = opsOf(real);
    // Where the ops folder is inside, a rename of the palace would take the journal along.
    return new PalacePaths(real, run, ops, ops.startsWith(real) || isConfined(real));
  }

  /// {@return the ops folder of a palace: the one that exists, else where it would be created}
  ///
  /// The one of a mount point is always inside, because nothing could be renamed into another.
  public static Path opsOf(Path palace) throws IOException {
    Path real = realPath(palace);
    Path beside = real.resolveSibling(real.getFileName() + ".ops");
    Path inside = real.resolve(FOLDER).resolve("ops");
    if (MountPoints.contains(real)) {
      return inside;
    }
    if (Files.isDirectory(beside, LinkOption.NOFOLLOW_LINKS)) {
      return beside;
    }
    if (Files.isDirectory(inside, LinkOption.NOFOLLOW_LINKS)) {
      return inside;
    }
    return isConfined(real) ? inside : beside;
  }

  /// {@return the palace whose ops folder this is}
  static Path palaceOf(Path ops) {
    Path folder = ops.toAbsolutePath().normalize();
    String name = String.valueOf(folder.getFileName());
    if (name.equals("ops")) {
      return parent(parent(folder));
    }
    if (!name.endsWith(".ops")) {
      throw new IllegalArgumentException("not an ops folder: " + ops);
    }
    return folder.resolveSibling(name.substring(0, name.length() - ".ops".length()));
  }

  /// {@return whether a palace's name, a dot and this are a name of ours}
  static boolean isSuffix(String suffix) {
    var what = WHAT.matcher(suffix);
    return suffix.equals("ops") || what.matches() && RunId.isValid(what.group(2));
  }

  private static boolean isConfined(Path real) throws IOException {
    return MountPoints.contains(real) || !Files.isWritable(parent(real)) || isConfigFolder(real);
  }

  private static boolean isConfigFolder(Path real) {
    return Files.exists(real.resolve("chroma.sqlite3"), LinkOption.NOFOLLOW_LINKS)
        && (Files.exists(real.resolve("config.json"), LinkOption.NOFOLLOW_LINKS)
            || Files.exists(real.resolve("locks"), LinkOption.NOFOLLOW_LINKS));
  }

  /// {@return the directory that holds the palace and its siblings}
  public Path parent() {
    return parent(palace);
  }

  /// {@return where the build is made}
  public Path build() {
    return sibling("build");
  }

  /// {@return where a build from another device is copied to}
  public Path incoming() {
    return sibling("incoming");
  }

  /// {@return where the previous palace is during a swap}
  public Path aside() {
    return sibling("aside");
  }

  /// {@return where a removal puts what it is about to remove}
  public Path staging() {
    return sibling("staging");
  }

  /// {@return the snapshot of this run}
  public Path snapshot() {
    return ops.resolve("snapshots").resolve(run.value());
  }

  /// {@return the seal inside the palace}
  public Path seal() {
    return palace.resolve(Seal.NAME);
  }

  private Path sibling(String what) {
    return confined
        ? palace.resolve(FOLDER).resolve(what + "-" + run)
        : palace.resolveSibling(palace.getFileName() + "." + what + "-" + run);
  }

  /// {@return where a palace is, or would be while it is missing}
  ///
  /// @throws PalaceException.Refused when it is the root, or the directory that is to hold it is
  ///   missing
  public static Path realPath(Path palace) throws IOException {
    Path absolute = palace.toAbsolutePath().normalize();
    if (absolute.getParent() == null) {
      throw new PalaceException.Refused(
          "%s cannot be a palace: it is the root of a file system".formatted(palace),
          "name the palace with --palace");
    }
    try {
      return followed(absolute);
    } catch (NoSuchFileException e) {
      throw new PalaceException.Refused(
          "%s does not exist, nor does its parent directory".formatted(palace),
          "name the palace with --palace",
          e);
    }
  }

  /// A link counts as what it points to also while nothing is there, because a palace may be away
  /// for a moment between two renames.
  private static Path followed(Path absolute) throws IOException {
    Path path = absolute;
    for (int links = 0; links < MOST_LINKS && !Files.exists(path); links++) {
      path = parent(path).toRealPath().resolve(path.getFileName());
      if (!Files.isSymbolicLink(path)) {
        return path;
      }
      path = path.resolveSibling(Files.readSymbolicLink(path));
    }
    return path.toRealPath();
  }

  private static Path parent(Path path) {
    Path parent = path.getParent();
    if (parent == null) {
      throw new IllegalArgumentException("no parent: " + path);
    }
    return parent;
  }
}
