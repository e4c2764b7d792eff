package palace.common.files;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/// Replaces a file whole: whoever reads it, and whatever is left after a power cut, is the old
/// content or the new one.
///
/// The content goes to `.NAME.<random>.tmp` in the same directory, is flushed, takes over the mode
/// and owner of the file it replaces, is renamed over it, and the directory is flushed. A link is
/// kept and the file it leads to is replaced.
public final class AtomicFile {
  private AtomicFile() {}

  /// Replaces or creates a file. On failure the old content is in place and no temporary file is
  /// left; only a kill may leave one.
  public static void write(Path file, byte[] content) throws IOException {
    write(FileOps.real(), file, content);
  }

  /// As [#write(Path, byte[])], through a given file system.
  public static void write(FileOps ops, Path file, byte[] content) throws IOException {
    Path target = Files.isSymbolicLink(file) ? file.toRealPath() : file;
    Path directory = Durable.parentOf(target);
    Path temporary =
        directory.resolve("." + target.getFileName() + "." + UUID.randomUUID() + ".tmp");
    ops.writeNew(temporary, content);
    try {
      if (Files.exists(target, NOFOLLOW_LINKS)) {
        Likeness.carryAccess(target, temporary);
      }
      ops.rename(temporary, target);
    } catch (IOException | RuntimeException | Error e) {
      discard(ops, temporary, e);
      throw e;
    }
    ops.force(directory);
  }

  private static void discard(FileOps ops, Path temporary, Throwable cause) {
    try {
      ops.delete(temporary);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }
}
