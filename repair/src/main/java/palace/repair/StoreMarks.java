package palace.repair;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import palace.common.PalaceException;
import palace.common.store.PalaceLayout;
import palace.common.swap.TreeMark;

/// By what it is seen whether somebody wrote to a database that cannot be locked while its bytes
/// are read: which files it has, and inode, size and time of each.
///
/// @param palace its directory
/// @param marks by the file's name; empty files do not count, because a lock may make one
record StoreMarks(Path palace, Map<String, TreeMark> marks) {
  private static final List<String> NAMES =
      List.of(
          PalaceLayout.DATABASE,
          PalaceLayout.DATABASE + "-wal",
          PalaceLayout.DATABASE + "-shm",
          PalaceLayout.DATABASE + "-journal");

  static StoreMarks of(Path palace) throws IOException {
    var marks = new TreeMap<String, TreeMark>();
    for (Path file : files(palace)) {
      boolean shared = file.getFileName().toString().endsWith("-shm");
      if (!shared && Files.size(file) > 0) {
        marks.put(file.getFileName().toString(), TreeMark.of(file));
      }
    }
    return new StoreMarks(palace, marks);
  }

  /// {@return the files of a database that are there}
  static List<Path> files(Path palace) {
    var files = new ArrayList<Path>();
    for (String name : NAMES) {
      Path file = palace.resolve(name);
      if (Files.isRegularFile(file, NOFOLLOW_LINKS)) {
        files.add(file);
      }
    }
    return files;
  }

  /// @throws PalaceException.Busy when somebody wrote to the database since
  void requireUnchanged() throws IOException {
    if (!of(palace).equals(this)) {
      throw new PalaceException.Busy(
          palace.resolve(PalaceLayout.DATABASE)
              + " was written to by another process while it was read; nothing was changed",
          "stop that process, then run it again");
    }
  }
}
