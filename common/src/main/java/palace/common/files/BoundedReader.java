package palace.common.files;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// Reads files whose length nobody vouches for.
public final class BoundedReader {
  private BoundedReader() {}

  /// {@return the whole content, or empty when the file is longer than `limit` bytes}
  ///
  /// Memory grows with what is really read, never with what the file claims. Something other than a
  /// regular file is refused with an [IOException], because opening a pipe would wait for ever.
  public static Optional<byte[]> readAtMost(Path file, int limit) throws IOException {
    if (limit < 0 || limit == Integer.MAX_VALUE) {
      throw new IllegalArgumentException("limit out of range: " + limit);
    }
    var attributes = Files.readAttributes(file, java.nio.file.attribute.BasicFileAttributes.class);
    if (!attributes.isRegularFile()) {
      throw new FileSystemException(file.toString(), null, "not a regular file");
    }
    if (attributes.size() > limit) {
      return Optional.empty();
    }
    LiveFiles.requireNotOpen(file);
    try (var input = Files.newInputStream(file)) {
      byte[] content = input.readNBytes(limit + 1);
      return content.length > limit ? Optional.empty() : Optional.of(content);
    }
  }
}
