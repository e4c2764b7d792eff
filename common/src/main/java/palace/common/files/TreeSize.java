package palace.common.files;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/// How big something is: the bytes its regular files claim, the bytes they occupy on disk, and how
/// many they are. Directories and links count nothing. Where the system cannot tell what is
/// occupied, it is taken to be what is claimed.
public record TreeSize(long apparentBytes, long allocatedBytes, long files) {
  private static final TreeSize NOTHING = new TreeSize(0, 0, 0);

  /// {@return the size of a file or of a directory with all below it; no file is opened and no link
  /// followed}
  public static TreeSize of(Path path) throws IOException {
    var attributes = Files.readAttributes(path, BasicFileAttributes.class, NOFOLLOW_LINKS);
    if (attributes.isDirectory()) {
      var sum = NOTHING;
      for (Path child : Listing.of(path)) {
        sum = sum.plus(of(child));
      }
      return sum;
    }
    return attributes.isRegularFile() ? ofFile(path, attributes.size()) : NOTHING;
  }

  private static TreeSize ofFile(Path file, long size) {
    Optional<NativeFiles> calls = NativeFiles.linux();
    long allocated = calls.map(linux -> linux.allocatedBytes(file).orElse(size)).orElse(size);
    return new TreeSize(size, allocated, 1);
  }

  private TreeSize plus(TreeSize other) {
    return new TreeSize(
        saturatingAdd(apparentBytes, other.apparentBytes),
        saturatingAdd(allocatedBytes, other.allocatedBytes),
        files + other.files);
  }

  /// A few sparse files can claim more than a long holds.
  private static long saturatingAdd(long a, long b) {
    return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
  }
}
