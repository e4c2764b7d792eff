package palace.common.files;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The files to which a database connection of this JVM is open.
///
/// POSIX drops every record lock that a process holds on a file as soon as the process closes *any*
/// descriptor of it. So whoever read such a file by its path would silently let other processes
/// write to a database that we think we hold. All that read whole files here ask this table first,
/// or have their descriptor closed by [#closeAfterConnections]; the table belongs, as the locks do,
/// to the process. `stat`, links and renames are harmless.
public final class LiveFiles {
  private static final Map<Identity, Integer> OPEN = new HashMap<>();
  private static final Map<Identity, List<Closeable>> WAITING = new HashMap<>();

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
        identity.ifPresent(LiveFiles::closed);
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

  /// Closes what a file was read through, and nothing else was done with: at once, or with the last
  /// connection of this JVM to the file, when there is no lock left to drop.
  ///
  /// @param file what [Identity#behind] told just before it was opened
  public static void closeAfterConnections(Identity file, Closeable descriptor) {
    synchronized (OPEN) {
      if (OPEN.containsKey(file)) {
        WAITING.computeIfAbsent(file, key -> new ArrayList<>()).add(descriptor);
      } else {
        close(descriptor);
      }
    }
  }

  private static void closed(Identity file) {
    OPEN.merge(file, -1, LiveFiles::sumUnlessZero);
    if (!OPEN.containsKey(file)) {
      Optional.ofNullable(WAITING.remove(file)).ifPresent(all -> all.forEach(LiveFiles::close));
    }
  }

  private static void close(Closeable descriptor) {
    try {
      descriptor.close();
    } catch (IOException e) {
      // Nothing was written through it.
    }
  }

  @SuppressWarnings("NullAway") // Map.merge removes an entry whose function answers null.
  private static Integer sumUnlessZero(Integer count, Integer change) {
    int sum = count + change;
    return sum == 0 ? null : sum;
  }
}
