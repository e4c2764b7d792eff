package palace.common.files;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/// Copies the content of one file so that holes stay holes: only data is read, and where holes
/// cannot be told, blocks of zeros are not written.
///
/// A damaged `link_lists.bin` can claim a terabyte of holes, which a plain copy would write out.
final class SparseCopy {
  private static final int BLOCK_BYTES = 1 << 16;

  private SparseCopy() {}

  /// Creates `target` (mode 0600) as a copy of the first `length` bytes of `source`, without
  /// flushing it, and returns the bytes written.
  static long copy(Path source, FileChannel target, long length, Extents extents)
      throws IOException {
    long written = 0;
    try (var input = FileChannel.open(source, Set.of(StandardOpenOption.READ, NOFOLLOW_LINKS))) {
      long from = extents.nextData(0);
      while (from < length) {
        long to = extents.nextHole(from);
        written +=
            extents.known() ? transfer(input, target, from, to) : skim(input, target, from, to);
        from = to < length ? extents.nextData(to) : length;
      }
    }
    return written + fillUp(target, length);
  }

  private static long transfer(FileChannel input, FileChannel target, long from, long to)
      throws IOException {
    target.position(from);
    long at = from;
    while (at < to) {
      long count = input.transferTo(at, to - at, target);
      if (count <= 0) {
        break; // the file became shorter; the caller notices by its size
      }
      at += count;
    }
    return at - from;
  }

  private static long skim(FileChannel input, FileChannel target, long from, long to)
      throws IOException {
    var block = ByteBuffer.allocate(BLOCK_BYTES);
    long written = 0;
    for (long at = from; at < to; ) {
      block.clear().limit((int) Math.min(BLOCK_BYTES, to - at));
      int count = input.read(block, at);
      if (count <= 0) {
        break;
      }
      if (!isZero(block.flip())) {
        written += write(target, block, at);
      }
      at += count;
    }
    return written;
  }

  static boolean isZero(ByteBuffer block) {
    for (int i = block.position(); i < block.limit(); i++) {
      if (block.get(i) != 0) {
        return false;
      }
    }
    return true;
  }

  private static int write(FileChannel target, ByteBuffer block, long at) throws IOException {
    int count = block.remaining();
    for (long next = at; block.hasRemaining(); ) {
      next += target.write(block, next);
    }
    return count;
  }

  /// Gives a file that ends in a hole its length.
  private static int fillUp(FileChannel target, long length) throws IOException {
    return target.size() < length ? write(target, ByteBuffer.allocate(1), length - 1) : 0;
  }
}
