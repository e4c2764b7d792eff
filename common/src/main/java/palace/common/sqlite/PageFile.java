package palace.common.sqlite;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import palace.common.PalaceException;
import palace.common.files.Identity;
import palace.common.files.LiveFiles;

/// A database file read page by page, at most a few pages of it in memory. A page that the disk
/// does not give is a page of zeros: it is damage like any other.
public final class PageFile implements AutoCloseable {
  private final Identity identity;
  private final FileChannel channel;
  private final FileShape shape;

  private PageFile(Identity identity, FileChannel channel, FileShape shape) {
    this.identity = identity;
    this.channel = channel;
    this.shape = shape;
  }

  /// Opens a file and finds out its shape; whoever opens it closes it. No connection of this
  /// process may have it open.
  public static PageFile open(Path file) throws IOException {
    LiveFiles.requireNotOpen(file);
    return beside(file);
  }

  /// As [#open], of a file to which connections of this process may be open. What they have not
  /// written yet, or keep in a write-ahead log, is not seen.
  public static PageFile beside(Path file) throws IOException {
    Identity identity =
        Identity.behind(file)
            .orElseThrow(
                () -> new PalaceException.Refused(file + ": no such file", "check the path"));
    FileChannel channel = channel(file);
    try {
      return new PageFile(identity, channel, ShapeProof.of(channel));
    } catch (IOException | RuntimeException e) {
      LiveFiles.closeAfterConnections(identity, channel);
      throw e;
    }
  }

  private static FileChannel channel(Path file) throws IOException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new PalaceException.Refused(file + ": not a regular file", "name a database file");
    }
    try {
      return FileChannel.open(file, StandardOpenOption.READ);
    } catch (AccessDeniedException e) {
      throw new PalaceException.Refused(
          file + ": permission denied", "run palace as the owner of the palace", e);
    } catch (NoSuchFileException e) {
      throw new PalaceException.Refused(file + ": no such file", "check the path", e);
    }
  }

  /// {@return what is known of all its pages}
  public FileShape shape() {
    return shape;
  }

  /// {@return the bytes of a page; zeros where the file has none}
  byte[] bytes(long number) {
    return read(channel, (number - 1) * shape.pageSize(), shape.pageSize());
  }

  /// {@return a page that is one of a b-tree by its header}
  public Optional<BtreePage> page(long number) {
    return shape.has(number) ? BtreePage.of(bytes(number), number, shape) : Optional.empty();
  }

  /// {@return a page as what it may have been before it became free: a leaf of a table, of which
  /// only [BtreePage#remains] can be asked}
  public BtreePage formerLeaf(long number) {
    return BtreePage.former(bytes(number), number, shape);
  }

  static byte[] read(FileChannel channel, long position, int length) {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    try {
      while (buffer.hasRemaining() && channel.read(buffer, position + buffer.position()) > 0) {}
    } catch (IOException e) {
      return new byte[length];
    }
    return buffer.array();
  }

  @Override
  public void close() {
    LiveFiles.closeAfterConnections(identity, channel);
  }
}
