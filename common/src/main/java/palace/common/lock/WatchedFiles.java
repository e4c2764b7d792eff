package palace.common.lock;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import palace.common.files.Identity;
import palace.common.files.Listing;

/// The files of a palace that nobody else may have open while it is changed: every SQLite database
/// in it with its sidecars, and the files of every directory in it that is not ours.
///
/// @param byIdentity the files by device and inode
/// @param byInode the files by inode number in decimal, as `/proc/PID/maps` writes it; the device
///   there is not always the one that `stat` reports (btrfs)
/// @param names their names
record WatchedFiles(Map<Identity, Path> byIdentity, Map<String, Path> byInode, Set<String> names) {
  private static final String DELETED = " (deleted)";

  static WatchedFiles of(Path palace) throws IOException {
    var watched = new WatchedFiles(new HashMap<>(), new HashMap<>(), new HashSet<>());
    for (Path entry : Listing.of(palace)) {
      String name = entry.getFileName().toString();
      if (isDatabaseOrSidecar(name)) {
        watched.add(entry);
      } else if (!name.startsWith(".") && Files.isDirectory(entry, NOFOLLOW_LINKS)) {
        for (Path child : Listing.of(entry)) {
          watched.add(child);
        }
      }
    }
    return watched;
  }

  /// {@return the files themselves}
  List<Path> files() {
    return byIdentity.values().stream().sorted().toList();
  }

  /// {@return the watched file behind a link of `/proc/PID/fd`}
  Optional<Path> opened(Path descriptor) {
    try {
      // Only a descriptor with a watched name is followed: asking a dead network mount about it
      // would wait for ever.
      if (!names.contains(nameIn(Files.readSymbolicLink(descriptor).toString()))) {
        return Optional.empty();
      }
      var key = Files.readAttributes(descriptor, BasicFileAttributes.class).fileKey();
      return Optional.ofNullable(byIdentity.get(new Identity(Objects.requireNonNull(key))));
    } catch (IOException e) {
      // Closed meanwhile.
      return Optional.empty();
    }
  }

  /// {@return the watched file with this inode number and this path in some name space}
  Optional<Path> mapped(String inode, String path) {
    return Optional.ofNullable(byInode.get(inode))
        .filter(file -> nameIn(path).equals(file.getFileName().toString()));
  }

  /// {@return whether a link of `/proc/PID/map_files` leads to another file than the watched one,
  /// which has the same inode number on another device, or nowhere any more} Only the superuser may
  /// follow such links; for everybody else the number and the name decide.
  boolean isAnother(Path file, Path link) {
    try {
      var key = Files.readAttributes(link, BasicFileAttributes.class).fileKey();
      return !file.equals(byIdentity.get(new Identity(Objects.requireNonNull(key))));
    } catch (IOException e) {
      return hasGone(link);
    }
  }

  /// Whether the process has ended or given the mapping back since its `maps` were read. A system
  /// without `map_files` at all says nothing.
  private static boolean hasGone(Path link) {
    Path mappings = Objects.requireNonNull(link.getParent());
    return !Files.exists(link, NOFOLLOW_LINKS)
        && (Files.exists(mappings) || !Files.exists(mappings.getParent()));
  }

  private static boolean isDatabaseOrSidecar(String name) {
    return name.endsWith(".sqlite3")
        || name.endsWith(".sqlite3-wal")
        || name.endsWith(".sqlite3-shm")
        || name.endsWith(".sqlite3-journal");
  }

  private void add(Path file) throws IOException {
    if (Files.isRegularFile(file, NOFOLLOW_LINKS)) {
      names.add(file.getFileName().toString());
      byInode.put(Files.getAttribute(file, "unix:ino").toString(), file);
      Identity.of(file).ifPresent(identity -> byIdentity.put(identity, file));
    }
  }

  private static String nameIn(String path) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    return name.endsWith(DELETED) ? name.substring(0, name.length() - DELETED.length()) : name;
  }
}
