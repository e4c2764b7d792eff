package palace.common.files;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/// The digests of every file and link below a directory, by their names relative to it with `/`
/// between. Special files have no content and are left out; directories count only through what
/// they hold.
public final class TreeDigest {
  private static final long LONGEST_READ_WHOLE_BYTES = 4L << 30;

  private TreeDigest() {}

  /// {@return the digests of everything below the directory}
  public static SortedMap<String, FileDigest> of(Path directory) throws IOException {
    return of(directory, name -> true);
  }

  /// {@return the digests of those entries whose relative name is wanted}
  public static SortedMap<String, FileDigest> of(Path directory, Predicate<String> wanted)
      throws IOException {
    var digests = new TreeMap<String, FileDigest>();
    collect(directory, directory, wanted, digests);
    return digests;
  }

  /// {@return the digest of one regular file}
  public static FileDigest ofFile(Path file) throws IOException {
    LiveFiles.requireNotOpen(file);
    long size = Files.size(file);
    if (size <= LONGEST_READ_WHOLE_BYTES) {
      return new FileDigest(size, Sha256.of(file));
    }
    try (var extents = Extents.open(file, size)) {
      return new FileDigest(size, BlockDigest.of(file, extents, size));
    }
  }

  private static void collect(
      Path root, Path directory, Predicate<String> wanted, SortedMap<String, FileDigest> digests)
      throws IOException {
    for (Path child : Listing.of(directory)) {
      var attributes = Files.readAttributes(child, BasicFileAttributes.class, NOFOLLOW_LINKS);
      String name = root.relativize(child).toString().replace(File.separatorChar, '/');
      if (attributes.isDirectory()) {
        collect(root, child, wanted, digests);
      } else if (wanted.test(name)) {
        add(child, name, attributes, digests);
      }
    }
  }

  private static void add(
      Path entry,
      String name,
      BasicFileAttributes attributes,
      SortedMap<String, FileDigest> digests)
      throws IOException {
    if (attributes.isRegularFile()) {
      digests.put(name, ofFile(entry));
    } else if (attributes.isSymbolicLink()) {
      byte[] target = ("link:" + Files.readSymbolicLink(entry)).getBytes(StandardCharsets.UTF_8);
      digests.put(name, new FileDigest(target.length, Sha256.of(target)));
    }
  }
}
