package palace.common.swap;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import palace.common.files.FileOps;

/// The files in a palace's folder `.palace` that say something about its store, and therefore leave
/// and come with it where entries are exchanged one by one: the seal, and the list of drawers that
/// still need a vector. Everything else in that folder is work of a run, or the ops folder.
public final class OwnFiles {
  private static final String FOLDER = ".palace";
  private static final List<String> NAMES = List.of(Seal.NAME, FOLDER + "/needs-embedding.jsonl");

  private OwnFiles() {}

  /// {@return the files that come from a tree; the folder for them is made in the palace where it
  // is
  /// missing}
  public static List<EntrySwap.Incoming> incoming(FileOps ops, Path tree, Path palace)
      throws IOException {
    List<String> names = namesIn(tree);
    create(ops, palace, names);
    return names.stream().map(name -> new EntrySwap.Incoming(tree.resolve(name), name)).toList();
  }

  /// {@return the files that leave a palace; the folder for them is made where they go}
  public static List<EntrySwap.Outgoing> outgoing(FileOps ops, Path palace, Path to)
      throws IOException {
    List<String> names = namesIn(palace);
    create(ops, to, names);
    return names.stream().map(name -> new EntrySwap.Outgoing(name, to.resolve(name))).toList();
  }

  private static List<String> namesIn(Path tree) {
    return NAMES.stream()
        .filter(name -> Files.isRegularFile(tree.resolve(name), NOFOLLOW_LINKS))
        .toList();
  }

  private static void create(FileOps ops, Path tree, List<String> names) throws IOException {
    Path folder = tree.resolve(FOLDER);
    if (!names.isEmpty() && !Files.isDirectory(folder, NOFOLLOW_LINKS)) {
      ops.createDirectory(folder);
    }
  }
}
