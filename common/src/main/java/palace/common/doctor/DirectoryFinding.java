package palace.common.doctor;

import java.nio.file.Path;
import java.util.Optional;

/// A finding about what lies in the palace's directory (H1).
public sealed interface DirectoryFinding extends Finding {
  /// {@return the directory}
  Path directory();

  @Override
  default Optional<Path> where() {
    return Optional.of(directory());
  }

  /// A segment directory, or a quarantined one, that belongs to no segment.
  record Orphan(Path directory, long bytes) implements DirectoryFinding {
    @Override
    public Nature nature() {
      return Nature.notice("orphan-directory", Threat.SPACE);
    }

    @Override
    public String sentence() {
      return "directory %s belongs to no collection: %d bytes"
          .formatted(directory.getFileName(), bytes);
    }
  }
}
