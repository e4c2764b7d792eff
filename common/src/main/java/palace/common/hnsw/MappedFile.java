package palace.common.hnsw;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import palace.common.files.DataEnd;

/// A file mapped read-only, or the fact that it is not there.
///
/// @param present whether it is a regular file
/// @param bytes its bytes; empty when absent
record MappedFile(boolean present, MemorySegment bytes) {

  static MappedFile open(Path file, Arena arena) throws IOException {
    return open(file, arena, false);
  }

  /// Maps a file only as far as there is data that is worth a walk.
  static MappedFile openToEndOfData(Path file, Arena arena) throws IOException {
    return open(file, arena, true);
  }

  private static MappedFile open(Path file, Arena arena, boolean toEndOfData) throws IOException {
    if (!Files.isRegularFile(file)) {
      return new MappedFile(false, MemorySegment.NULL);
    }
    try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = toEndOfData ? DataEnd.of(file, channel.size()) : channel.size();
      return new MappedFile(
          true,
          size == 0
              ? MemorySegment.NULL
              : channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena));
    }
  }

  long size() {
    return bytes.byteSize();
  }
}
