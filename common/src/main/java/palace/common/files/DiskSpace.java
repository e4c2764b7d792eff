package palace.common.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Room on the disk.
public final class DiskSpace {
  private DiskSpace() {}

  /// {@return the bytes that may still be written where the path is or would be created}
  public static long usable(Path path) throws IOException {
    Path existing = path.toAbsolutePath();
    while (!Files.exists(existing) && existing.getParent() != null) {
      existing = existing.getParent();
    }
    return Files.getFileStore(existing).getUsableSpace();
  }
}
