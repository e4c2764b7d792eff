package palace.common.files;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Carries the companions of a palace, everything in it that is not its store, into a build.
///
/// A SQLite companion travels with its `-wal` byte for byte, so that no row that is only there is
/// lost; its `-shm` is an index of the `-wal` that SQLite makes anew.
public final class Companions {
  private static final String SHARED_MEMORY = ".sqlite3-shm";
  private static final Pattern DATABASE = Pattern.compile("(?:.*/)?[^/]+\\.sqlite3");
  private static final Pattern SIDECAR =
      Pattern.compile("((?:.*/)?[^/]+\\.sqlite3)-(?:wal|shm|journal)");

  private Companions() {}

  /// What was carried, by the names of top-level entries; what could not be, because it is a pipe,
  /// socket or device; and the bytes written.
  public record Carried(List<String> names, List<String> notCarried, long bytes) {}

  /// {@return whether a name, relative to the palace with `/`, is that of a companion that is a
  /// SQLite database}
  public static boolean isDatabase(String name) {
    return DATABASE.matcher(name).matches() && !name.equals("chroma.sqlite3");
  }

  /// {@return the database that a file belongs to, when its relative name is that of a file that
  /// SQLite keeps beside a companion}
  public static Optional<String> databaseOf(String name) {
    Matcher sidecar = SIDECAR.matcher(name);
    return sidecar.matches() && isDatabase(sidecar.group(1))
        ? Optional.of(sidecar.group(1))
        : Optional.empty();
  }

  /// {@return whether a file, by its relative name, belongs to a database that may be written to
  /// while its palace is exchanged, so that no hash of it lasts}
  public static boolean livesOn(String name) {
    return isDatabase(name) || databaseOf(name).isPresent();
  }

  /// Copies every top-level entry of the palace that does not belong to the store into the build,
  /// where their names must be free. The folder `.palace`, which is ours, stays behind.
  public static Carried copy(Path palace, Path build, Predicate<String> belongsToStore)
      throws IOException {
    var names = new ArrayList<String>();
    var notCarried = new ArrayList<String>();
    long bytes = 0;
    for (Path entry : Listing.of(palace)) {
      String name = entry.getFileName().toString();
      if (name.equals(".palace") || name.endsWith(SHARED_MEMORY) || belongsToStore.test(name)) {
        continue;
      }
      if (Files.readAttributes(entry, BasicFileAttributes.class, NOFOLLOW_LINKS).isOther()) {
        notCarried.add(name);
      } else {
        bytes += TreeCopy.copy(entry, build.resolve(name));
        names.add(name);
      }
    }
    Durable.forceDirectory(build);
    return new Carried(List.copyOf(names), List.copyOf(notCarried), bytes);
  }
}
