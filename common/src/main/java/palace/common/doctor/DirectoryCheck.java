package palace.common.doctor;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import palace.common.files.TreeSize;

/// Finds index directories that belong to no segment (H1). Chroma 1.x leaves one behind whenever a
/// collection is deleted.
final class DirectoryCheck {
  private static final int UUID_LENGTH = 36;

  private final Examination examination;

  DirectoryCheck(Examination examination) {
    this.examination = examination;
  }

  void run() throws IOException {
    if (examination.segmentsAreMissing()) {
      throw new IOException("a collection lacks a segment, which they may belong to");
    }
    Set<String> segments =
        new HashSet<>(
            examination
                .database()
                .list(
                    "SELECT s.id FROM segments s JOIN collections c ON c.id = s.collection",
                    row -> row.text(1).toLowerCase(Locale.ROOT)));
    for (Path directory : examination.layout().segmentDirectories()) {
      compare(directory, segments);
    }
    for (Path directory : examination.layout().quarantined()) {
      compare(directory, segments);
    }
  }

  private void compare(Path directory, Set<String> segments) throws IOException {
    String name = directory.getFileName().toString().substring(0, UUID_LENGTH);
    if (!segments.contains(name.toLowerCase(Locale.ROOT))) {
      examination.found(
          new DirectoryFinding.Orphan(directory, TreeSize.of(directory).allocatedBytes()));
    }
  }
}
