package palace.common.snapshot;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.chroma.SourceDatabase;
import palace.common.files.FileOps;
import palace.common.files.Likeness;
import palace.common.files.Listing;
import palace.common.files.TreeSize;
import palace.common.swap.LogValue;

/// Copies a whole palace that stays where it is: SQLite's files through SQLite, so that a journal
/// or a write-ahead log counts and no lock of a connection is lost; everything else byte for byte.
///
/// Left out are pipes, sockets and devices, and of the folder `.palace` everything but the seal: it
/// holds our own work, and in some palaces the ops folder with the snapshots themselves.
final class FullCopy {
  private static final Logger LOG = LoggerFactory.getLogger(FullCopy.class);
  private static final List<String> SIDECARS = List.of("-wal", "-shm", "-journal");
  private static final Set<String> OF_THE_FOLDER = Set.of("seal.json", "needs-embedding.jsonl");

  private final FileOps ops;
  private final Path palace;
  private final Path target;
  private final Progress progress;

  FullCopy(FileOps ops, Path palace, Path target, Progress progress) {
    this.progress = progress;
    this.ops = ops;
    this.palace = palace;
    this.target = target;
  }

  /// Copies into the target, which must not exist; every file and directory is durable then.
  void make() throws IOException {
    ops.createDirectory(target);
    long bytes = TreeSize.of(palace).allocatedBytes();
    try (var step = progress.start("copying the palace", bytes, "bytes")) {
      Set<String> done = copyDatabases(step);
      for (Path entry : Listing.of(palace)) {
        if (!done.contains(entry.getFileName().toString())) {
          copyEntry(entry);
          step.advance(TreeSize.of(entry).allocatedBytes());
        }
      }
    }
    Likeness.carryAccess(palace, target);
    ops.force(target);
  }

  private Set<String> copyDatabases(Progress.Step step) throws IOException {
    var done = new TreeSet<String>();
    for (Path entry : Listing.of(palace)) {
      String name = entry.getFileName().toString();
      if (isDatabase(entry) && copyDatabase(entry)) {
        SIDECARS.forEach(suffix -> done.add(name + suffix));
        done.add(name);
        step.advance(TreeSize.of(entry).allocatedBytes());
      }
    }
    return done;
  }

  private void copyEntry(Path entry) throws IOException {
    String name = entry.getFileName().toString();
    if (name.equals(".palace")) {
      copyFolder(entry);
    } else if (!isSpecial(entry)) {
      ops.copyTree(entry, target.resolve(name));
    }
  }

  private void copyFolder(Path folder) throws IOException {
    for (String name : OF_THE_FOLDER) {
      Path file = folder.resolve(name);
      if (Files.isRegularFile(file, NOFOLLOW_LINKS)) {
        Path copy = target.resolve(".palace");
        if (!Files.isDirectory(copy, NOFOLLOW_LINKS)) {
          ops.createDirectory(copy);
        }
        ops.copyTree(file, copy.resolve(name));
        ops.force(copy);
      }
    }
  }

  /// A database that SQLite cannot copy is damaged; then its bytes are copied, its sidecars too.
  private boolean copyDatabase(Path file) throws IOException {
    Path copy = target.resolve(file.getFileName().toString());
    try (SourceDatabase source = SourceDatabase.open(file)) {
      source.database().backUpTo(copy);
    } catch (PalaceException.DamagedDatabase e) {
      LOG.warn("sqlite.copied-as-bytes from={} cause={}", LogValue.of(file), LogValue.of(e));
      ops.delete(copy);
      return false;
    }
    Likeness.carryAccess(file, copy);
    ops.force(copy);
    return true;
  }

  private static boolean isDatabase(Path entry) {
    return entry.getFileName().toString().endsWith(".sqlite3")
        && Files.isRegularFile(entry, NOFOLLOW_LINKS);
  }

  private static boolean isSpecial(Path entry) throws IOException {
    return Files.readAttributes(entry, BasicFileAttributes.class, NOFOLLOW_LINKS).isOther();
  }
}
