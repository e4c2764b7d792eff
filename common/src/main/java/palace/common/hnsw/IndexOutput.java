package palace.common.hnsw;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// One index file being written from its beginning, little-endian; whole and on the disk only after
/// [#finish()].
final class IndexOutput implements AutoCloseable {
  private final FileChannel channel;
  private final ByteBuffer buffer =
      ByteBuffer.allocateDirect(1 << 18).order(ByteOrder.LITTLE_ENDIAN);

  IndexOutput(Path directory, IndexFile file) throws IOException {
    channel =
        FileChannel.open(
            directory.resolve(file.fileName()),
            StandardOpenOption.WRITE,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING);
  }

  void putInt(int value) throws IOException {
    if (buffer.remaining() < 4) {
      drain();
    }
    buffer.putInt(value);
  }

  /// Writes fewer bytes than the buffer holds.
  void put(byte[] bytes) throws IOException {
    if (buffer.remaining() < bytes.length) {
      drain();
    }
    buffer.put(bytes);
  }

  void finish() throws IOException {
    drain();
    channel.force(true);
  }

  private void drain() throws IOException {
    buffer.flip();
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
    buffer.clear();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
