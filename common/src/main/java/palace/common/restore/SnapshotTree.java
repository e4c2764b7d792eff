package palace.common.restore;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.TreeMap;
import palace.common.files.FileDigest;
import palace.common.files.Listing;

/// Whether a tree looks like the palace that a snapshot describes: the same files with the same
/// sizes. Nothing is opened.
final class SnapshotTree {
  private static final String PREFIX = "palace/";

  private SnapshotTree() {}

  static boolean isLike(Path tree, Map<String, FileDigest> described) throws IOException {
    var sizes = new TreeMap<String, Long>();
    collect(tree, PREFIX, sizes);
    if (!sizes.keySet().equals(described.keySet())) {
      return false;
    }
    return sizes.entrySet().stream()
        .allMatch(entry -> entry.getValue() < 0 || entry.getValue() == sizeOf(described, entry));
  }

  private static long sizeOf(Map<String, FileDigest> described, Map.Entry<String, Long> entry) {
    FileDigest digest = described.get(entry.getKey());
    return digest == null ? -1 : digest.size();
  }

  /// Links count by their name alone.
  private static void collect(Path directory, String prefix, Map<String, Long> sizes)
      throws IOException {
    for (Path entry : Listing.of(directory)) {
      String name = prefix + entry.getFileName();
      var attributes = Files.readAttributes(entry, BasicFileAttributes.class, NOFOLLOW_LINKS);
      if (attributes.isDirectory()) {
        collect(entry, name + "/", sizes);
      } else if (attributes.isRegularFile()) {
        sizes.put(name, attributes.size());
      } else if (attributes.isSymbolicLink()) {
        sizes.put(name, -1L);
      }
    }
  }
}
