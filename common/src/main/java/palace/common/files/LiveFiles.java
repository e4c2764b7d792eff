package palace.common.files;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// The files to which a database connection of this JVM is open.
///
/// POSIX drops every record lock that a process holds on a file as soon as the process closes *any*
/// descriptor of it. So whoever read such a file by its path would silently let other processes
/// write to a database that we think we hold. All that read whole files here ask this table first;
/// it belongs, as the locks do, to the process. `stat`, links and renames are harmless.
public final class LiveFiles {
  private static final Map<Identity, Integer> OPEN = new HashMap<>();

  private LiveFiles() {}

  /// One connection's entry in the table; closing it twice does nothing.
  public static final class Registration implements AutoCloseable {
    private Optional<Identity> identity;

    private Registration(Optional<Identity> identity) {
      this.identity = identity;
    }

    /// Takes the entry out of the table.
    @Override
    public void close() {
      synchronized (OPEN) {
        identity.ifPresent(key -> OPEN.merge(key, -1, LiveFiles::sumUnlessZero));
        identity = Optional.empty();
      }
    }
  }

  /// Notes that a connection to a file is about to open, or has just created it; a file that does
  /// not exist has no entry.
  public static Registration register(Path file) throws IOException {
    synchronized (OPEN) {
      var identity = Identity.behind(file);
      identity.ifPresent(key -> OPEN.merge(key, 1, Integer::sum));
      return new Registration(identity);
    }
  }

  /// {@return whether a connection of this JVM has the file open, under whatever name}
  public static boolean isOpen(Path file) throws IOException {
    synchronized (OPEN) {
      return !OPEN.isEmpty() && Identity.behind(file).filter(OPEN::containsKey).isPresent();
    }
  }

  /// Throws an [IllegalStateException] when a connection of this JVM has the file open, because
  /// reading it by its path would drop the locks of that connection.
  public static void requireNotOpen(Path file) throws IOException {
    if (isOpen(file)) {
      throw new IllegalStateException(
          file + " is open in a connection of this process: closing it would drop its locks");
    }
  }

  @SuppressWarnings("NullAway") // Map.merge removes an entry whose function answers null.
  private static Integer sumUnlessZero(Integer count, Integer change) {
    int sum = count + change;
    return sum == 0 ? null : sum;
  }
}
