package palace.common.lock;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import palace.common.files.Durable;
import palace.common.files.Flock;
import palace.common.files.Likeness;
import palace.common.files.LockTable;
import palace.common.files.RunningProcess;

/// MemPalace's own lock on a palace, held so that its miners, repairs and servers refuse to write.
///
/// It is a [Flock] on `HOME/.mempalace/locks/mine_palace_KEY.lock`, with the first 16 digits of the
/// [PalaceKey]; the content, from byte 1, is `PID COMMAND`, which MemPalace prints to whoever it
/// refuses. Every home and every spelling that may count is locked, in the order of their names.
/// Like MemPalace, we leave the files behind.
final class MempalaceLock implements AutoCloseable {
  private static final int DIGITS = 16;

  private final List<Flock> locks;
  private final List<String> warnings;

  private MempalaceLock(List<Flock> locks, List<String> warnings) {
    this.locks = List.copyOf(locks);
    this.warnings = List.copyOf(warnings);
  }

  /// {@return the lock files of a palace, whether they exist or not}
  static List<Path> files(Homes homes, Path palace) throws IOException {
    var files = new TreeSet<Path>();
    for (String key : PalaceKey.of(palace, DIGITS)) {
      files.addAll(homes.each("locks/mine_palace_" + key + ".lock"));
    }
    return List.copyOf(files);
  }

  /// Tries once to take all locks of a palace.
  ///
  /// {@return the lock, or empty when somebody else holds one of them}
  static Optional<MempalaceLock> tryAcquire(Homes homes, Path palace, String command)
      throws IOException {
    String holder = ProcessHandle.current().pid() + " palace " + command;
    var taken = new ArrayList<Flock>();
    var warnings = new ArrayList<>(homes.warnings());
    boolean kept = false;
    try {
      kept = true;
      for (Path file : files(homes, palace)) {
        kept &= take(file, holder, taken, warnings);
      }
      return kept ? Optional.of(new MempalaceLock(taken, warnings)) : Optional.empty();
    } finally {
      if (!kept) {
        new MempalaceLock(taken, List.of()).close();
      }
    }
  }

  /// {@return who holds one of the locks of a palace, as far as the system says} Nothing is
  /// written, and no lock is taken to find out.
  static Optional<RunningProcess> holder(Homes homes, Path palace) throws IOException {
    for (Path file : files(homes, palace)) {
      for (LockTable.Held held : LockTable.of(file)) {
        if (held.exclusive()) {
          return Optional.of(named(held.pid(), file));
        }
      }
    }
    return Optional.empty();
  }

  /// {@return who holds one of the locks that could just not be taken: where the system keeps no
  /// table of locks, whoever wrote last that he does}
  static RunningProcess holderNow(Homes homes, Path palace) throws IOException {
    var known = holder(homes, palace);
    if (known.isPresent()) {
      return known.get();
    }
    for (Path file : files(homes, palace)) {
      if (Files.isRegularFile(file)) {
        return named(-1, file);
      }
    }
    return new RunningProcess(-1, "");
  }

  /// {@return what could not be locked, one sentence each}
  List<String> warnings() {
    return warnings;
  }

  @Override
  public void close() throws IOException {
    for (Flock lock : locks.reversed()) {
      lock.close();
    }
  }

  /// A lock that cannot exist, because the home folder cannot be written, keeps nobody from
  /// working: then there is a warning instead.
  ///
  /// {@return whether nobody else holds it}
  private static boolean take(Path file, String holder, List<Flock> taken, List<String> warnings) {
    try {
      boolean created = !Files.exists(file, NOFOLLOW_LINKS);
      Path home = prepareFolder(parentOf(file));
      Optional<Flock> lock = Flock.tryAcquire(file, holder);
      lock.ifPresent(taken::add);
      if (created) {
        Likeness.carryOwnership(home, file);
      }
      return lock.isPresent();
    } catch (IOException e) {
      warnings.add("MemPalace cannot be locked out by %s: %s".formatted(file, e));
      return true;
    }
  }

  /// Creates `.mempalace/locks` as far as they are missing, with the owner of the home folder.
  ///
  /// {@return the home folder}
  private static Path prepareFolder(Path locks) throws IOException {
    Path state = parentOf(locks);
    Path home = parentOf(state);
    for (Path folder : new Path[] {state, locks}) {
      if (!Files.isDirectory(folder)) {
        createFolder(folder, home);
      } else if (Files.isSymbolicLink(folder) && !isOwn(home)) {
        throw new FileSystemException(folder.toString(), null, "a link of another user");
      }
    }
    return home;
  }

  private static void createFolder(Path folder, Path home) throws IOException {
    try {
      Durable.createDirectory(folder, Durable.OWNER_ONLY);
      Likeness.carryOwnership(home, folder);
    } catch (FileAlreadyExistsException e) {
      // MemPalace made it in between.
      if (!Files.isDirectory(folder)) {
        throw e;
      }
    }
  }

  private static boolean isOwn(Path home) throws IOException {
    return Files.getOwner(home).getName().equals(System.getProperty("user.name"));
  }

  private static Path parentOf(Path path) {
    return Objects.requireNonNull(path.getParent());
  }

  /// The process that took a lock may have handed it to a child and ended; then what it wrote says
  /// more than the table.
  private static RunningProcess named(long pid, Path file) throws IOException {
    var found = RunningProcess.of(pid);
    if (!found.command().isEmpty()) {
      return found;
    }
    String[] written = Flock.lastHolder(file).split(" ", 2);
    boolean number = !written[0].isEmpty() && written[0].chars().allMatch(Character::isDigit);
    String command = written.length > 1 ? RunningProcess.readable(written[1]) : "";
    return new RunningProcess(
        number && written[0].length() < 19 ? Long.parseLong(written[0]) : pid, command);
  }
}
