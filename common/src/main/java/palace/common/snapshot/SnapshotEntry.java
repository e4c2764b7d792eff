package palace.common.snapshot;

import java.nio.file.Path;

/// One folder of the catalogue.
public sealed interface SnapshotEntry {
  /// {@return the folder}
  Path directory();

  /// A snapshot whose `snapshot.json` can be read; its files have not been compared with it.
  record Kept(Path directory, Snapshot snapshot) implements SnapshotEntry {}

  /// A folder without a readable `snapshot.json`: a run was interrupted, or the file is damaged.
  /// What else is in it may be the only copy of a palace.
  record Damaged(Path directory, String reason) implements SnapshotEntry {}
}
