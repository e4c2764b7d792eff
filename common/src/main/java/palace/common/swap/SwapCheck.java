package palace.common.swap;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import palace.common.PalaceException;
import palace.common.files.Identity;
import palace.common.files.MountPoints;

/// What a swap refuses to do, in words.
final class SwapCheck {
  private SwapCheck() {}

  /// Refuses what can be known before a build is made: no palace, a confined palace, a parent that
  /// cannot be written, or names of this run that are taken.
  static void place(PalacePaths paths) throws IOException {
    Path palace = paths.palace();
    if (!Files.isDirectory(palace, NOFOLLOW_LINKS)) {
      throw refused("no palace at %s: expected a directory".formatted(palace), "check --palace");
    }
    if (MountPoints.contains(palace)) {
      throw refused(
          "%s is a mount point and cannot be renamed".formatted(palace),
          "mount its parent directory instead, or migrate with --target");
    }
    if (!Files.isWritable(paths.parent())) {
      throw refused(
          "%s cannot be written, so the palace in it cannot be exchanged".formatted(paths.parent()),
          "run as its owner, or migrate with --target");
    }
    if (paths.confined()) {
      throw refused(
          "%s holds the configuration and locks of MemPalace and cannot be renamed"
              .formatted(palace),
          "migrate with --target");
    }
    requireFree(paths.aside());
    requireFree(paths.incoming());
  }

  /// {@return the refusal where the file system calls a rename within one directory one across two}
  static PalaceException.Refused lowerLayer(
      SwapAttempt attempt, AtomicMoveNotSupportedException cause) {
    return new PalaceException.Refused(
        "%s cannot be renamed within its own directory: it lies in a lower layer of a container"
                .formatted(attempt.palace())
            + " image; nothing was changed",
        "put the palace on a volume, or migrate with --target",
        cause);
  }

  static void requireFree(Path path) throws IOException {
    if (Identity.of(path).isPresent()) {
      throw refused("%s exists already".formatted(path), "run it again, it takes a new name");
    }
  }

  static PalaceException.Refused refused(String message, String hint) {
    return new PalaceException.Refused(message + "; nothing was changed", hint);
  }
}
