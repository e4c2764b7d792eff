package palace.common.snapshot;

import palace.common.files.FileDigest;

/// One way in which a snapshot is not what its `snapshot.json` says; `file` is the name relative to
/// the snapshot's folder.
public sealed interface SnapshotDifference {
  /// {@return the relative name of the file}
  String file();

  /// {@return it in words}
  String sentence();

  /// `snapshot.json` is not there or cannot be understood.
  record Undescribed(String file, String reason) implements SnapshotDifference {
    @Override
    public String sentence() {
      return reason;
    }
  }

  /// A file is not there.
  record Missing(String file) implements SnapshotDifference {
    @Override
    public String sentence() {
      return file + " is missing";
    }
  }

  /// A file has another length or content.
  record Changed(String file, FileDigest kept, FileDigest found) implements SnapshotDifference {
    @Override
    public String sentence() {
      return kept.size() == found.size()
          ? "%s is not what it was: other content in its %,d bytes".formatted(file, found.size())
          : "%s is not what it was: %,d bytes, it had %,d"
              .formatted(file, found.size(), kept.size());
    }
  }

  /// A file is there that was not.
  record Extra(String file) implements SnapshotDifference {
    @Override
    public String sentence() {
      return file + " was not in the snapshot";
    }
  }
}
