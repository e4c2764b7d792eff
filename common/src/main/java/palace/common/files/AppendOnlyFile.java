package palace.common.files;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;

/// A text file that only grows, line by line. The caller holds the lock that keeps other writers
/// out.
public final class AppendOnlyFile {
  private AppendOnlyFile() {}

  /// Appends one line and flushes it. A last line that a crash left without its end is ended first.
  /// When the write fails the file is cut back to what it was. What is no regular file, or has
  /// other names, is refused as [OwnEntry] says.
  public static void append(Path file, String line) throws IOException {
    append(file, List.of(line));
  }

  /// Appends lines and flushes them once, as for one line.
  public static void append(Path file, List<String> lines) throws IOException {
    for (String line : lines) {
      if (line.indexOf('\n') >= 0) {
        throw new IllegalArgumentException("not one line: " + line);
      }
    }
    OwnEntry.requireFile(file);
    var options =
        Set.of(
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            NOFOLLOW_LINKS);
    try (var channel = FileChannel.open(file, options, Durable.ownerFile())) {
      long end = channel.size();
      String text = (endsTorn(channel, end) ? "\n" : "") + String.join("\n", lines) + "\n";
      try {
        write(channel, text.getBytes(StandardCharsets.UTF_8), end);
        channel.force(true);
      } catch (IOException e) {
        channel.truncate(end);
        throw e;
      }
    }
    Durable.forceDirectory(Durable.parentOf(file));
  }

  private static boolean endsTorn(FileChannel channel, long end) throws IOException {
    var last = ByteBuffer.allocate(1);
    return end > 0 && channel.read(last, end - 1) == 1 && last.get(0) != '\n';
  }

  private static void write(FileChannel channel, byte[] content, long at) throws IOException {
    var bytes = ByteBuffer.wrap(content);
    while (bytes.hasRemaining()) {
      channel.write(bytes, at + bytes.position());
    }
  }
}
