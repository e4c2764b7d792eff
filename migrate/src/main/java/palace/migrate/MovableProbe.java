package palace.migrate;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import palace.common.PalaceException;
import palace.common.files.FileOps;
import palace.common.swap.PalacePaths;

/// Finds out whether a palace can be renamed, without renaming it.
///
/// An overlay file system, as in every container, renames a directory that comes from its image
/// only if it was told to (`redirect_dir`), and a directory made for a try tells nothing about one
/// from the image. So the palace itself is renamed to a name that cannot be taken, a directory with
/// a file in it: `rename(2)` always fails, and whether it fails because of the name (ENOTEMPTY) or
/// because of the palace (EXDEV) is the answer.
final class MovableProbe {
  private MovableProbe() {}

  /// Refuses a palace that lies in a lower layer of an overlay.
  static void require(PalacePaths paths) throws IOException {
    if (!Files.getFileStore(paths.palace()).type().startsWith("overlay")) {
      return;
    }
    FileOps ops = FileOps.real();
    Path full = paths.incoming();
    ops.createDirectory(full);
    try {
      ops.writeNew(full.resolve("in-the-way"), new byte[0]);
      ops.rename(paths.palace(), full);
      throw new IllegalStateException("renamed over a directory that is not empty: " + full);
    } catch (AtomicMoveNotSupportedException e) {
      throw new PalaceException.Refused(
          "%s cannot be renamed within its own directory: it lies in a lower layer of a container image; nothing was changed"
              .formatted(paths.palace()),
          "put the palace on a volume, or write the new palace elsewhere with --target DIR",
          e);
    } catch (FileSystemException e) {
      // The name was in the way, as it was meant to be; whatever else is wrong the exchange meets.
    } finally {
      ops.delete(full);
    }
  }
}
