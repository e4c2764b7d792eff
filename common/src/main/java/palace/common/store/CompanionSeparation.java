package palace.common.store;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.PalaceException;
import palace.common.chroma.CompanionDatabase;
import palace.common.chroma.SourceDatabase;
import palace.common.files.Companions;
import palace.common.files.FileOps;
import palace.common.files.Identity;
import palace.common.files.Likeness;
import palace.common.files.Listing;

/// Takes a previous palace off the files that it shares with the live one: every file of it that is
/// the very file of the live palace is replaced by a copy of its own.
///
/// What is shared is seen by device and inode, so this may be interrupted at any point and begun
/// again, by any process. A database is copied as SQLite sees it; then the names that SQLite kept
/// beside it go, and only then the copy takes the database's name. So as long as the database is
/// shared, whatever lies beside it is at most a stale name for a part of the live one, and once it
/// is not, nothing lies beside it that SQLite would replay.
///
/// The live palace is only read. Once this has begun, the previous palace must not be put back
/// before it has ended: rows in a write-ahead log may be in the live palace alone.
public final class CompanionSeparation {
  private static final Logger LOG = LoggerFactory.getLogger(CompanionSeparation.class);
  private static final int ATTEMPTS = 5;
  private static final List<String> SIDECARS = List.of("-wal", "-shm", "-journal");

  private final FileOps ops;
  private final Path aside;
  private final Path palace;
  private final Path scratch;
  private final Map<String, CompanionDatabase> held;
  private final Map<Identity, Path> live = new HashMap<>();
  private final Set<Path> dirty = new LinkedHashSet<>();
  private int copies;

  CompanionSeparation(
      FileOps ops, Path aside, Path palace, Path scratch, Map<String, CompanionDatabase> held) {
    this.ops = ops;
    this.aside = aside;
    this.palace = palace;
    this.scratch = scratch;
    this.held = held;
  }

  /// Separates a previous palace from the live one, which nobody of this process has open.
  ///
  /// @param aside the previous palace
  /// @param palace the live one
  /// @param scratch a name on the file system of the previous palace; what stands there is deleted,
  ///   before and after
  /// @throws palace.common.PalaceException.Busy when a database is locked all the time
  public static void separate(FileOps ops, Path aside, Path palace, Path scratch)
      throws IOException {
    new CompanionSeparation(ops, aside, palace, scratch, Map.of()).run();
  }

  /// {@return whether every database among the companions, with what SQLite keeps beside it, is one
  /// and the same file in a palace and in a build that was linked to it} An interrupted exchange
  /// may be finished only then: otherwise a write-ahead log of the build may be stale.
  public static boolean isLinked(Path palace, Path build) throws IOException {
    return databases(palace, palace).equals(databases(build, build));
  }

  private static Map<String, Identity> databases(Path root, Path directory) throws IOException {
    var found = new HashMap<String, Identity>();
    for (Path child : Listing.of(directory)) {
      String name = nameIn(root, child);
      if (Files.isDirectory(child, NOFOLLOW_LINKS)) {
        if (!name.equals(".palace")) {
          found.putAll(databases(root, child));
        }
      } else if (Companions.livesOn(name) && Files.isRegularFile(child, NOFOLLOW_LINKS)) {
        Identity.of(child).ifPresent(identity -> found.put(name, identity));
      }
    }
    return found;
  }

  private static String nameIn(Path root, Path entry) {
    return root.relativize(entry).toString().replace(File.separatorChar, '/');
  }

  void run() throws IOException {
    collect(palace);
    ops.delete(scratch);
    if (!hasShared(aside)) {
      return;
    }
    ops.createDirectory(scratch);
    separateIn(aside);
    for (Path directory : dirty) {
      ops.force(directory);
    }
    ops.delete(scratch);
    ops.force(Objects.requireNonNull(scratch.toAbsolutePath().getParent()));
  }

  private void collect(Path directory) throws IOException {
    for (Path child : Listing.of(directory)) {
      if (Files.isDirectory(child, NOFOLLOW_LINKS)) {
        collect(child);
      } else if (Files.isRegularFile(child, NOFOLLOW_LINKS)) {
        Identity.of(child).ifPresent(identity -> live.putIfAbsent(identity, child));
      }
    }
  }

  private boolean hasShared(Path directory) throws IOException {
    for (Path child : Listing.of(directory)) {
      boolean found =
          Files.isDirectory(child, NOFOLLOW_LINKS) ? hasShared(child) : shared(child).isPresent();
      if (found) {
        return true;
      }
    }
    return false;
  }

  private Optional<Path> shared(Path file) throws IOException {
    return Files.isRegularFile(file, NOFOLLOW_LINKS)
        ? Identity.of(file).map(live::get)
        : Optional.empty();
  }

  private void separateIn(Path directory) throws IOException {
    var attributes = Files.readAttributes(directory, BasicFileAttributes.class, NOFOLLOW_LINKS);
    for (Path child : Listing.of(directory)) {
      if (Files.isDirectory(child, NOFOLLOW_LINKS)) {
        separateIn(child);
      } else {
        Optional<Path> original = shared(child);
        if (original.isPresent()) {
          separateFile(child, original.get());
          dirty.add(directory);
        }
      }
    }
    if (dirty.contains(directory)) {
      Likeness.carryTimes(attributes, directory);
    }
  }

  private void separateFile(Path file, Path original) throws IOException {
    String name = nameIn(aside, file);
    if (Companions.isDatabase(name)) {
      separateDatabase(name, file, original);
    } else if (!belongsToSharedDatabase(name)) {
      ops.rename(copyBytes(original), file);
    }
  }

  /// Such a file goes with its database.
  private boolean belongsToSharedDatabase(String name) throws IOException {
    Optional<String> database = Companions.databaseOf(name);
    return database.isPresent() && shared(aside.resolve(database.get())).isPresent();
  }

  private void separateDatabase(String name, Path file, Path original) throws IOException {
    Path copy = fresh();
    if (!copyDatabase(name, original, copy)) {
      ops.rename(copyBytes(original), file);
      return;
    }
    for (String suffix : SIDECARS) {
      ops.delete(SourceDatabase.sidecar(file, suffix));
    }
    ops.force(Objects.requireNonNull(file.getParent()));
    ops.rename(copy, file);
  }

  /// Whoever appends to a file while it is copied is given a few chances to pause.
  private Path copyBytes(Path original) throws IOException {
    for (int attempt = 1; attempt < ATTEMPTS; attempt++) {
      try {
        Path copy = fresh();
        ops.copyTree(original, copy);
        return copy;
      } catch (PalaceException.Failed e) {
        LOG.warn("retry n={} cause={}", attempt, String.valueOf(e.getMessage()));
      }
    }
    Path copy = fresh();
    ops.copyTree(original, copy);
    return copy;
  }

  /// Gives false for a file that SQLite cannot read; such a one is copied byte by byte, and so is
  /// what lies beside it.
  private boolean copyDatabase(String name, Path original, Path copy) throws IOException {
    CompanionDatabase mine = held.get(name);
    if (mine != null) {
      LinkedCompanions.copyHeld(ops, mine, original, copy);
      return true;
    }
    try (var found =
        CompanionDatabase.hold(original, CompanionDatabase.Fencing.none()).orElse(null)) {
      if (found != null) {
        LinkedCompanions.copyHeld(ops, found, original, copy);
        return true;
      }
    }
    return false;
  }

  private Path fresh() {
    return scratch.resolve(Integer.toString(copies++));
  }
}
