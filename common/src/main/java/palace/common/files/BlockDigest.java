package palace.common.files;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Set;

/// The digest of a long file by its blocks that are not all zero, as [FileDigest] defines it. It
/// depends on the content only, not on where the file system keeps holes.
final class BlockDigest {
  static final String PREFIX = "blocks:";

  private static final int BLOCK_BYTES = 1 << 16;

  private BlockDigest() {}

  static String of(Path file, Extents extents, long length) throws IOException {
    MessageDigest digest = Sha256.algorithm();
    var block = ByteBuffer.allocate(BLOCK_BYTES);
    var offset = ByteBuffer.allocate(Long.BYTES);
    try (var input = FileChannel.open(file, Set.of(StandardOpenOption.READ, NOFOLLOW_LINKS))) {
      long at = start(extents, 0, length);
      while (at < length) {
        read(input, block.clear(), at);
        if (!SparseCopy.isZero(block.flip())) {
          digest.update(offset.clear().putLong(at).flip());
          digest.update(block);
        }
        at = start(extents, at + BLOCK_BYTES, length);
      }
    }
    return PREFIX + HexFormat.of().formatHex(digest.digest());
  }

  /// {@return the start of the block with the first data at or after a block's start, or the length
  /// when there is none}
  private static long start(Extents extents, long from, long length) {
    long data = from < length ? extents.nextData(from) : length;
    return data < length ? data - data % BLOCK_BYTES : length;
  }

  private static void read(FileChannel input, ByteBuffer block, long at) throws IOException {
    int count = 0;
    for (long next = at; block.hasRemaining() && count >= 0; next += Math.max(count, 0)) {
      count = input.read(block, next);
    }
  }
}
