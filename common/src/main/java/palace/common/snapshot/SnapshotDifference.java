package palace.common.snapshot;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeSet;
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

  /// {@return how what was found differs from what was kept, by name}
  static List<SnapshotDifference> between(
      SortedMap<String, FileDigest> kept, SortedMap<String, FileDigest> found) {
    var names = new TreeSet<>(kept.keySet());
    names.addAll(found.keySet());
    var differences = new ArrayList<SnapshotDifference>();
    for (String name : names) {
      FileDigest was = kept.get(name);
      FileDigest is = found.get(name);
      if (is == null) {
        differences.add(new SnapshotDifference.Missing(name));
      } else if (was == null) {
        differences.add(new SnapshotDifference.Extra(name));
      } else if (!was.equals(is)) {
        differences.add(new SnapshotDifference.Changed(name, was, is));
      }
    }
    return differences;
  }
}
