package palace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/// Every entry below a directory: its kind, inode, time of change and bytes. The directory's own
/// time is left out, and the lock file: a lock that was taken and let go changes them.
record Fingerprint(Path root, Map<String, String> entries) {
  static Fingerprint of(Path root) throws IOException {
    var entries = new TreeMap<String, String>();
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.filter(path -> !path.equals(root) && !isLock(path)).toList()) {
        entries.put(root.relativize(path).toString(), describe(path));
      }
    }
    return new Fingerprint(root, entries);
  }

  private static boolean isLock(Path path) {
    return path.endsWith("lock") && path.getParent().toString().endsWith(".ops");
  }

  private static String describe(Path path) throws IOException {
    var attributes =
        Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    String kind = attributes.isDirectory() ? "d" : attributes.isSymbolicLink() ? "l" : "f";
    String content = attributes.isRegularFile() ? content(path) : "";
    return kind + attributes.fileKey() + attributes.lastModifiedTime() + content;
  }

  private static String content(Path file) throws IOException {
    return ":" + Arrays.hashCode(Files.readAllBytes(file));
  }

  /// Fails when anything was changed, added or removed since.
  void assertUnchanged() throws IOException {
    assertThat(of(root).entries).isEqualTo(entries);
  }
}
