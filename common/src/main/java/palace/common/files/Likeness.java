package palace.common.files;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;

/// What makes one entry look like another apart from its content: mode, owner and times.
public final class Likeness {
  private Likeness() {}

  /// Gives `to` the mode and, as far as the system allows us, the owner and group of `from`.
  /// Without this a palace that an administrator migrates would no longer belong to its user.
  public static void carryAccess(Path from, Path to) throws IOException {
    if (!from.getFileSystem().supportedFileAttributeViews().contains("unix")) {
      return;
    }
    carryOwner(from, to);
    // After the owner, because a change of owner clears the set-id bits.
    if (!Files.isSymbolicLink(to)) {
      Files.setAttribute(to, "unix:mode", Files.getAttribute(from, "unix:mode", NOFOLLOW_LINKS));
    }
  }

  /// Gives `to` the owner and group of `from`, as far as the system allows us.
  public static void carryOwnership(Path from, Path to) throws IOException {
    if (from.getFileSystem().supportedFileAttributeViews().contains("unix")) {
      carryOwner(from, to);
    }
  }

  /// Gives `to` these times of access and modification.
  public static void carryTimes(BasicFileAttributes from, Path to) throws IOException {
    Files.getFileAttributeView(to, BasicFileAttributeView.class, NOFOLLOW_LINKS)
        .setTimes(from.lastModifiedTime(), from.lastAccessTime(), null);
  }

  private static void carryOwner(Path from, Path to) throws IOException {
    var wanted = Files.readAttributes(from, "unix:uid,gid", NOFOLLOW_LINKS);
    var found = Files.readAttributes(to, "unix:uid,gid", NOFOLLOW_LINKS);
    for (String name : new String[] {"gid", "uid"}) {
      Object id = wanted.get(name);
      if (id != null && !id.equals(found.get(name))) {
        give(to, "unix:" + name, id);
      }
    }
  }

  private static void give(Path to, String attribute, Object id) throws IOException {
    try {
      Files.setAttribute(to, attribute, id, NOFOLLOW_LINKS);
    } catch (FileSystemException e) {
      // Only the superuser may give a file away; like `cp -p`, everybody else keeps the copy.
      if (isSuperuser()) {
        throw e;
      }
    }
  }

  private static boolean isSuperuser() {
    return "root".equals(System.getProperty("user.name"));
  }
}
