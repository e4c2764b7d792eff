package palace.common.swap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
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
/// D/N/.palace/ops/        the ops folder where the parent cannot be written or the palace is a mount point
/// ```
///
/// @param palace the real path of the palace
/// @param run the run that owns the names with an `I`
/// @param ops the folder of what outlives a run
public record PalacePaths(Path palace, RunId run, Path ops) {
  /// {@return the names for a palace, which need not exist yet; links on the way to it are
  /// resolved}
  public static PalacePaths of(Path palace, RunId run) throws IOException {
    Path real = realPath(palace);
    return new PalacePaths(real, run, opsOf(real));
  }

  /// {@return the ops folder of a palace: the one that exists, else where it would be created}
  public static Path opsOf(Path palace) throws IOException {
    Path real = realPath(palace);
    Path beside = real.resolveSibling(real.getFileName() + ".ops");
    Path inside = real.resolve(".palace").resolve("ops");
    if (Files.isDirectory(beside, LinkOption.NOFOLLOW_LINKS)) {
      return beside;
    }
    if (Files.isDirectory(inside, LinkOption.NOFOLLOW_LINKS)) {
      return inside;
    }
    boolean confined = MountPoints.contains(real) || !Files.isWritable(parent(real));
    return confined ? inside : beside;
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
    return palace.resolveSibling(palace.getFileName() + "." + what + "-" + run);
  }

  private static Path realPath(Path palace) throws IOException {
    Path absolute = palace.toAbsolutePath().normalize();
    if (absolute.getParent() == null) {
      throw new PalaceException.Refused(
          "%s cannot be a palace: it is the root of a file system".formatted(palace),
          "name the palace with --palace");
    }
    try {
      return Files.exists(palace)
          ? palace.toRealPath()
          : parent(absolute).toRealPath().resolve(absolute.getFileName());
    } catch (NoSuchFileException e) {
      throw new PalaceException.Refused(
          "%s does not exist, nor does its parent directory".formatted(palace),
          "name the palace with --palace",
          e);
    }
  }

  private static Path parent(Path path) {
    Path parent = path.getParent();
    if (parent == null) {
      throw new IllegalArgumentException("no parent: " + path);
    }
    return parent;
  }
}
