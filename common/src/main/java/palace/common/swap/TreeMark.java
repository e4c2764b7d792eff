package palace.common.swap;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import palace.common.files.Listing;
import palace.common.files.Sha256;

/// What one file, link or directory is recognised by, whatever its name: which inode it is, and
/// what it looks like from outside.
///
/// The inode decides. It is compared with its time of birth, where the file system keeps one,
/// because the number of a deleted tree is soon given to the next; with it, another device number
/// does not matter, because a disk may get another one with the next boot. Where the inode is
/// another one, as after the whole parent was copied to another disk, the likeness decides, and
/// then all of it has to be equal. Nothing is opened: only names, sizes and times are read.
///
/// @param inode `DEVICE:INODE`, or empty on a system without inodes
/// @param born the time of birth, or empty where it cannot be told from the time of modification
/// @param likeness of a file its size and time of modification; of a link its target; of a
///   directory the SHA-256 over its sorted names, without SQLite's sidecars, which come and go,
///   together with size and time of its `chroma.sqlite3`, or of each of its files when it holds
///   none
public record TreeMark(String inode, String born, String likeness) {
  private static final String DATABASE = "chroma.sqlite3";

  /// How well an entry fits a mark.
  enum Match {
    /// Nothing is there, or something else.
    NONE,
    /// Another inode that looks the same: a copy.
    LIKENESS,
    /// The marked inode itself.
    INODE
  }

  /// {@return the mark of what stands at the path now}
  public static TreeMark of(Path entry) throws IOException {
    var attributes = Files.readAttributes(entry, BasicFileAttributes.class, NOFOLLOW_LINKS);
    return new TreeMark(inodeOf(entry), bornOf(attributes), likenessOf(entry, attributes));
  }

  /// {@return whether what stands at the path is what was marked, or a faithful copy of it; nothing
  /// there is not}
  public boolean matches(Path entry) throws IOException {
    return match(entry) != Match.NONE;
  }

  Match match(Path entry) throws IOException {
    try {
      TreeMark found = of(entry);
      if (isSameInode(found)) {
        return Match.INODE;
      }
      return likeness.equals(found.likeness) ? Match.LIKENESS : Match.NONE;
    } catch (NoSuchFileException | NotDirectoryException e) {
      return Match.NONE;
    }
  }

  private boolean isSameInode(TreeMark found) {
    if (inode.isEmpty() || !kind(likeness).equals(kind(found.likeness))) {
      return false;
    }
    if (born.isEmpty() || found.born.isEmpty()) {
      return inode.equals(found.inode);
    }
    return born.equals(found.born) && numberOf(inode).equals(numberOf(found.inode));
  }

  private static String numberOf(String inode) {
    return inode.substring(inode.indexOf(':') + 1);
  }

  private static String kind(String likeness) {
    return likeness.substring(0, likeness.indexOf(' '));
  }

  private static String inodeOf(Path entry) throws IOException {
    if (!entry.getFileSystem().supportedFileAttributeViews().contains("unix")) {
      return "";
    }
    Map<String, Object> found = Files.readAttributes(entry, "unix:dev,ino", NOFOLLOW_LINKS);
    return found.get("dev") + ":" + found.get("ino");
  }

  /// Where a file system keeps no time of birth, Java gives the time of modification instead.
  private static String bornOf(BasicFileAttributes attributes) {
    return attributes.creationTime().equals(attributes.lastModifiedTime())
        ? ""
        : attributes.creationTime().toString();
  }

  private static String likenessOf(Path entry, BasicFileAttributes attributes) throws IOException {
    if (attributes.isDirectory()) {
      return "directory " + directoryLikeness(entry);
    }
    if (attributes.isSymbolicLink()) {
      return "link " + Files.readSymbolicLink(entry);
    }
    return "file " + sizeAndTime(attributes);
  }

  private static String directoryLikeness(Path directory) throws IOException {
    boolean palace = Files.exists(directory.resolve(DATABASE), NOFOLLOW_LINKS);
    var text = new StringBuilder();
    for (Path child : Listing.of(directory)) {
      String name = child.getFileName().toString();
      if (isSidecar(name)) {
        continue;
      }
      text.append(name);
      var attributes = Files.readAttributes(child, BasicFileAttributes.class, NOFOLLOW_LINKS);
      if (attributes.isRegularFile() && (!palace || name.equals(DATABASE))) {
        text.append('\t').append(sizeAndTime(attributes));
      }
      text.append('\n');
    }
    return Sha256.of(text.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static boolean isSidecar(String name) {
    return name.endsWith("-wal") || name.endsWith("-shm") || name.endsWith("-journal");
  }

  private static String sizeAndTime(BasicFileAttributes attributes) {
    return attributes.size() + " " + attributes.lastModifiedTime();
  }
}
