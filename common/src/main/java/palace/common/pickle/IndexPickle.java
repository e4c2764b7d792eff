package palace.common.pickle;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;

/// Reads and writes `index_metadata.pickle`.
public final class IndexPickle {
  /// The name of the file in its segment directory.
  public static final String FILE_NAME = "index_metadata.pickle";

  /// Larger files are not read: eight million drawers stay below it.
  private static final long LARGEST_FILE_BYTES = 1L << 30;

  private IndexPickle() {}

  /// Reads a pickle; damaged and hostile bytes are an answer, not a failure.
  ///
  /// @throws IOException when the file cannot be read
  public static PickleReading read(Path file) throws IOException {
    if (!Files.exists(file)) {
      return new PickleReading.Absent();
    }
    if (!Files.isRegularFile(file)) {
      return unreadable("it is not a regular file");
    }
    try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size == 0) {
        return unreadable("it is empty");
      }
      if (size > LARGEST_FILE_BYTES) {
        return unreadable("its " + size + " bytes are more than " + LARGEST_FILE_BYTES);
      }
      return read(channel);
    }
  }

  /// Reads a pickle from a channel, up to the channel's end.
  static PickleReading read(ReadableByteChannel channel) throws IOException {
    var input = new PickleInput(channel);
    var machine = new PickleMachine(input);
    try {
      var fields = machine.run();
      if (!input.atEnd()) {
        return new PickleReading.Unreadable(
            "bytes follow its end at byte " + input.position(), fields.labelsSoFar());
      }
      return new PickleReading.Readable(fields.metadata());
    } catch (TruncatedPickle e) {
      return new PickleReading.Unreadable(reason(e), machine.fieldsSoFar().labelsSoFar());
    } catch (MalformedPickle e) {
      return unreadable(reason(e));
    }
  }

  /// Writes a new file in the form that every release from 0.5.0 on reads, and forces it to the
  /// disk.
  ///
  /// @throws java.nio.file.FileAlreadyExistsException when the file exists
  public static void write(Path newFile, IndexMetadata metadata) throws IOException {
    try (var channel =
        FileChannel.open(newFile, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
      write(Channels.newOutputStream(channel), metadata);
      channel.force(true);
    }
  }

  /// Writes the form that every release from 0.5.0 on reads, whatever the shape was; leaves the
  /// stream open.
  public static void write(OutputStream stream, IndexMetadata metadata) throws IOException {
    var buffered = new BufferedOutputStream(stream, 1 << 16);
    new PickleWriter(buffered).write(metadata);
    buffered.flush();
  }

  private static PickleReading unreadable(String reason) {
    return new PickleReading.Unreadable(reason, new LinkedHashMap<>());
  }

  private static String reason(Exception e) {
    return String.valueOf(e.getMessage());
  }
}
