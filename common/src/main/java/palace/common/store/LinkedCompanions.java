package palace.common.store;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import palace.common.chroma.CompanionDatabase;
import palace.common.files.Companions;
import palace.common.files.FileOps;
import palace.common.files.Likeness;
import palace.common.files.Listing;

/// The companions of a palace, everything in it that is not its store, in the palace and in the
/// build that takes its place at once: as hard links, so that the live palace keeps the very files.
/// A process that we could not see goes on writing into what becomes the live palace.
///
/// The steps, in this order:
///
/// 1. [#link] links the files and copies symbolic links, as early as wanted;
/// 2. [#holdDatabases] opens each SQLite companion and then links it with what SQLite keeps beside
///    it, right before the exchange. From here on none of them may be read by its path;
/// 3. after the exchange [#release] lets others write, [#separate] gives the previous palace copies
///    of its own, as the databases were in step 2, and [#close] lets the databases go.
///
/// The connection has to outlive the exchange: a `-wal` that is linked and then removed by the last
/// one to close the database would lie stale beside its other name, and SQLite would replay it.
/// After an interruption between the exchange and the end of step 3 [CompanionSeparation] finishes.
public final class LinkedCompanions implements AutoCloseable {
  private static final List<String> SIDECARS = List.of("-wal", "-shm", "-journal");

  private final FileOps ops;
  private final Path palace;
  private final Path build;
  private final Map<Path, BasicFileAttributes> directories = new LinkedHashMap<>();
  private final List<String> databases = new ArrayList<>();
  private final List<String> notCarried = new ArrayList<>();
  private final List<String> copied = new ArrayList<>();
  private final Map<String, CompanionDatabase> held = new TreeMap<>();

  private LinkedCompanions(FileOps ops, Path palace, Path build) {
    this.ops = ops;
    this.palace = palace;
    this.build = build;
  }

  /// Links every entry of the palace that does not belong to the store into the build, where their
  /// names must be free, except for the databases. The folder `.palace`, which is ours, stays
  /// behind.
  public static LinkedCompanions link(
      FileOps ops, Path palace, Path build, Predicate<String> belongsToStore) throws IOException {
    var companions = new LinkedCompanions(ops, palace, build);
    for (Path entry : Listing.of(palace)) {
      String name = entry.getFileName().toString();
      if (!name.equals(".palace") && !belongsToStore.test(name)) {
        companions.linkEntry(entry);
      }
    }
    companions.flush();
    return companions;
  }

  /// Opens the databases among the companions, puts up their fences and links them.
  public void holdDatabases(CompanionDatabase.Fencing fencing) throws IOException {
    for (String name : databases) {
      Optional<CompanionDatabase> database = CompanionDatabase.hold(palace.resolve(name), fencing);
      database.ifPresent(one -> held.put(name, one));
      linkDatabase(name, database);
    }
    flush();
  }

  /// Lets others write to the databases again.
  public void release() throws IOException {
    for (CompanionDatabase database : held.values()) {
      database.release();
    }
  }

  /// Gives the previous palace, which is now elsewhere, companions of its own; see
  /// [CompanionSeparation#separate].
  public void separate(Path aside, Path scratch) throws IOException {
    new CompanionSeparation(ops, aside, palace, scratch, held).run();
  }

  /// {@return the names, relative to the palace, of what could not be carried, because it is a
  /// pipe, socket or device}
  public List<String> notCarried() {
    return List.copyOf(notCarried);
  }

  /// {@return the names of the files that had to be copied, because the file system refused another
  /// name for them: a process that has one open goes on writing into the previous palace}
  public List<String> copied() {
    return List.copyOf(copied);
  }

  /// Lets the databases go; the links stay.
  @Override
  public void close() throws IOException {
    var failures = new ArrayList<IOException>();
    for (CompanionDatabase database : held.values()) {
      try {
        database.close();
      } catch (IOException e) {
        failures.add(e);
      }
    }
    held.clear();
    if (!failures.isEmpty()) {
      IOException first = failures.removeFirst();
      failures.forEach(first::addSuppressed);
      throw first;
    }
  }

  private void linkEntry(Path entry) throws IOException {
    String name = nameOf(entry);
    if (Companions.databaseOf(name).filter(this::isFile).isPresent()) {
      // It comes and goes with the database, and is linked with it.
      return;
    }
    var attributes = Files.readAttributes(entry, BasicFileAttributes.class, NOFOLLOW_LINKS);
    if (attributes.isDirectory()) {
      linkDirectory(entry, name, attributes);
    } else if (attributes.isSymbolicLink()) {
      ops.copyTree(entry, build.resolve(name));
    } else if (attributes.isOther()) {
      notCarried.add(name);
    } else if (Companions.isDatabase(name)) {
      databases.add(name);
    } else {
      linkFile(name);
    }
  }

  private boolean isFile(String name) {
    return Files.isRegularFile(palace.resolve(name), NOFOLLOW_LINKS);
  }

  private void linkDirectory(Path directory, String name, BasicFileAttributes attributes)
      throws IOException {
    Path target = build.resolve(name);
    ops.createDirectory(target);
    for (Path child : Listing.of(directory)) {
      linkEntry(child);
    }
    Likeness.carryAccess(directory, target);
    directories.put(target, attributes);
  }

  private void linkDatabase(String name, Optional<CompanionDatabase> database) throws IOException {
    boolean linked = linkOr(name, () -> copyDatabase(name, database));
    if (linked || database.isEmpty()) {
      for (String suffix : SIDECARS) {
        if (Files.isRegularFile(palace.resolve(name + suffix), NOFOLLOW_LINKS)) {
          linkFile(name + suffix);
        }
      }
    }
  }

  private void copyDatabase(String name, Optional<CompanionDatabase> database) throws IOException {
    if (database.isPresent()) {
      copyHeld(ops, database.get(), palace.resolve(name), build.resolve(name));
    } else {
      ops.copyTree(palace.resolve(name), build.resolve(name));
    }
  }

  /// Writes a copy of a database that is like the file it is made from.
  static void copyHeld(FileOps ops, CompanionDatabase database, Path like, Path target)
      throws IOException {
    ops.writeNew(target, new byte[0]);
    database.copyTo(target);
    Likeness.carryAccess(like, target);
    Likeness.carryTimes(
        Files.readAttributes(like, BasicFileAttributes.class, NOFOLLOW_LINKS), target);
    ops.force(target);
  }

  private void linkFile(String name) throws IOException {
    linkOr(name, () -> ops.copyTree(palace.resolve(name), build.resolve(name)));
  }

  /// Work that stands in for a link.
  @FunctionalInterface
  private interface Otherwise {
    void run() throws IOException;
  }

  /// A file system may have no links, one file may have too many, another may lie on a mount of its
  /// own, and a system may refuse a link to a file of somebody else: then a copy is the best there
  /// is.
  private boolean linkOr(String name, Otherwise otherwise) throws IOException {
    try {
      ops.link(palace.resolve(name), build.resolve(name));
      return true;
    } catch (NoSuchFileException | FileAlreadyExistsException e) {
      throw e;
    } catch (FileSystemException | UnsupportedOperationException e) {
      otherwise.run();
      copied.add(name);
      return false;
    }
  }

  private String nameOf(Path entry) {
    return palace.relativize(entry).toString().replace(File.separatorChar, '/');
  }

  private void flush() throws IOException {
    for (var directory : directories.entrySet()) {
      Likeness.carryTimes(directory.getValue(), directory.getKey());
      ops.force(directory.getKey());
    }
    ops.force(build);
  }
}
