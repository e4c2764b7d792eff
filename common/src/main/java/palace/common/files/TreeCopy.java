package palace.common.files;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import palace.common.PalaceException;

/// Copies a file, a link or a directory with all below it, and flushes what it wrote, bottom-up.
///
/// A big file shares its blocks with the copy where the file system can do that, which costs
/// neither time nor space. Kept: holes, modes, modification times, symbolic links as links (never
/// followed), and the owner where the system allows. A pipe, socket or device is refused by name. A
/// file that changes under the copy is an error. A database to which this JVM has an open
/// connection is refused, as [LiveFiles] says.
public final class TreeCopy {
  private TreeCopy() {}

  /// Copies to a name that must not be taken and returns the bytes written (holes cost nothing).
  /// The name itself becomes durable with its parent directory. On failure what was copied so far
  /// is left for the caller to remove.
  public static long copy(Path source, Path target) throws IOException {
    var attributes = Files.readAttributes(source, BasicFileAttributes.class, NOFOLLOW_LINKS);
    if (attributes.isDirectory()) {
      return copyDirectory(source, target, attributes);
    }
    if (attributes.isSymbolicLink()) {
      return copyLink(source, target, attributes);
    }
    if (attributes.isRegularFile()) {
      return copyFile(source, target, attributes);
    }
    throw new PalaceException.Refused(
        "cannot copy %s: expected a file, a directory or a link, found a pipe, socket or device"
            .formatted(source),
        "move it out of the palace and try again");
  }

  private static long copyDirectory(Path source, Path target, BasicFileAttributes attributes)
      throws IOException {
    Files.createDirectory(target);
    long bytes = 0;
    for (Path child : Listing.of(source)) {
      bytes += copy(child, target.resolve(child.getFileName().toString()));
    }
    Likeness.carryAccess(source, target);
    Likeness.carryTimes(attributes, target);
    Durable.forceDirectory(target);
    return bytes;
  }

  private static long copyLink(Path source, Path target, BasicFileAttributes attributes)
      throws IOException {
    Files.createSymbolicLink(target, Files.readSymbolicLink(source));
    Likeness.carryAccess(source, target);
    Likeness.carryTimes(attributes, target);
    return 0;
  }

  private static long copyFile(Path source, Path target, BasicFileAttributes attributes)
      throws IOException {
    LiveFiles.requireNotOpen(source);
    var options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try (var output = FileChannel.open(target, options, Durable.ownerFile());
        var extents = Extents.open(source, attributes.size())) {
      long bytes =
          Reflink.copy(source, target, attributes.size())
              ? 0
              : SparseCopy.copy(source, output, attributes.size(), extents);
      requireUnchanged(source, attributes);
      Likeness.carryAccess(source, target);
      Likeness.carryTimes(attributes, target);
      // The descriptor that wrote is the one that flushes: only it is certain to hear of a failed
      // write-back.
      output.force(true);
      return bytes;
    }
  }

  private static void requireUnchanged(Path source, BasicFileAttributes before) throws IOException {
    var now = Files.readAttributes(source, BasicFileAttributes.class, NOFOLLOW_LINKS);
    boolean same =
        now.size() == before.size() && now.lastModifiedTime().equals(before.lastModifiedTime());
    if (!same) {
      throw new PalaceException.Failed(
          "%s changed while it was being copied".formatted(source),
          "stop whatever writes to it and try again");
    }
  }
}
