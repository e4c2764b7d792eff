package palace.common.files;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// A new text file written line by line inside a directory that nobody else sees yet. Whoever opens
/// it closes it; it is durable once the caller has forced the finished directory.
public final class LineFile implements AutoCloseable {
  private final BufferedWriter writer;

  private LineFile(BufferedWriter writer) {
    this.writer = writer;
  }

  /// Creates the file; fails when the name is taken.
  public static LineFile create(Path file) throws IOException {
    return new LineFile(
        Files.newBufferedWriter(
            file, StandardCharsets.UTF_8, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
  }

  /// Appends one line.
  public void append(String line) throws IOException {
    if (line.indexOf('\n') >= 0) {
      throw new IllegalArgumentException("not one line: " + line);
    }
    writer.write(line);
    writer.write('\n');
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }
}
