package palace.common.files;

import java.nio.file.Path;

/// Copies a big file without copying: on a file system that shares blocks between files (btrfs,
/// xfs, bcachefs) both have the same ones until either is written to. Holes stay holes.
final class Reflink {
  private static final long SMALLEST_BYTES = 1 << 20;

  private Reflink() {}

  /// Gives an empty file the content of another one, `bytes` long, and true; or gives false, with
  /// nothing changed, where the file system cannot or the file is too small to gain from it.
  static boolean copy(Path source, Path target, long bytes) {
    return bytes >= SMALLEST_BYTES
        && NativeFiles.linux().map(linux -> linux.shareBlocks(source, target)).orElse(false);
  }
}
