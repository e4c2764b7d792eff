package palace.common.sources;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import palace.common.files.Companions;
import palace.common.store.PalaceLayout;

/// The files of a copy that are no part of its store, such as MemPalace's knowledge graph.
public final class CopyCompanions {
  private CopyCompanions() {}

  /// {@return the names of the files and directories in a copy that a palace lacks, except those
  /// that SQLite makes anew, those of ours, and old copies of the database}
  ///
  /// What SQLite keeps beside a companion goes with it, and only with it.
  public static List<String> onlyIn(Source.Copy copy, Path palace) {
    return copy.layout().companions().stream()
        .filter(path ->
            Files.isRegularFile(path, NOFOLLOW_LINKS) || Files.isDirectory(path, NOFOLLOW_LINKS))
        .map(path -> path.getFileName().toString())
        .filter(name -> isCarried(name) && !isIn(palace, owner(name)))
        .toList();
  }

  private static boolean isCarried(String name) {
    return !name.equals(".palace")
        && !name.endsWith("-shm")
        && !name.startsWith(PalaceLayout.DATABASE);
  }

  private static String owner(String name) {
    return Companions.databaseOf(name).orElse(name);
  }

  private static boolean isIn(Path palace, String name) {
    return Files.exists(palace.resolve(name), NOFOLLOW_LINKS);
  }
}
