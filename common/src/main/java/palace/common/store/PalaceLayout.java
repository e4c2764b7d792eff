package palace.common.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// What lies in a palace's directory and beside it, by name.
///
/// @param directory the palace, a real path
/// @param database `chroma.sqlite3`
/// @param sidecars what SQLite keeps beside the database: `-journal`, `-wal`, `-shm`
/// @param segmentDirectories directories named like a segment, a UUID
/// @param quarantined directories that MemPalace renamed away: `UUID.drift-*`, `UUID.corrupt-*`,
///   `UUID.old-*` and the like
/// @param companions every other entry; they move with the palace and are never opened
/// @param leftovers entries beside the palace that a tool left: backups, archives, unfinished
///   builds
public record PalaceLayout(
    Path directory,
    Path database,
    List<Path> sidecars,
    List<Path> segmentDirectories,
    List<Path> quarantined,
    List<Path> companions,
    List<Path> leftovers) {
  /// Name of the database file.
  public static final String DATABASE = "chroma.sqlite3";

  private static final Pattern UUID =
      Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
  private static final Pattern QUARANTINED = Pattern.compile(UUID.pattern() + "\\..+");
  private static final List<String> LEFTOVER_MARKS =
      List.of(
          ".backup",
          ".old",
          ".pre-migrate.",
          ".pre-rebuild-",
          ".build-",
          ".incoming-",
          ".aside-",
          ".staging-",
          ".bak",
          "_rebuild");

  /// Lists a palace and its neighbourhood; nothing is opened.
  public static PalaceLayout of(Path directory) throws IOException {
    var sidecars = new ArrayList<Path>();
    var segments = new ArrayList<Path>();
    var quarantined = new ArrayList<Path>();
    var companions = new ArrayList<Path>();
    for (Path entry : sorted(directory)) {
      String name = entry.getFileName().toString();
      boolean isDirectory = Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS);
      if (isSidecar(name)) {
        sidecars.add(entry);
      } else if (isDirectory && isSegmentName(name)) {
        segments.add(entry);
      } else if (isDirectory && QUARANTINED.matcher(name).matches()) {
        quarantined.add(entry);
      } else if (!name.equals(DATABASE)) {
        companions.add(entry);
      }
    }
    return new PalaceLayout(
        directory,
        directory.resolve(DATABASE),
        sidecars,
        segments,
        quarantined,
        companions,
        leftoversOf(directory));
  }

  private static boolean isSidecar(String name) {
    return name.equals(DATABASE + "-journal")
        || name.equals(DATABASE + "-wal")
        || name.equals(DATABASE + "-shm");
  }

  /// {@return whether a name may be that of a segment's directory}
  public static boolean isSegmentName(String name) {
    return UUID.matcher(name).matches();
  }

  /// {@return what tools left beside a palace, which need not be there itself}
  public static List<Path> leftoversOf(Path directory) throws IOException {
    Path parent = directory.getParent();
    if (parent == null || !Files.isDirectory(parent) || !Files.isReadable(parent)) {
      return List.of();
    }
    String name = directory.getFileName().toString();
    return sorted(parent).stream()
        .filter(entry -> isLeftover(entry.getFileName().toString(), name))
        .toList();
  }

  private static boolean isLeftover(String entry, String palace) {
    return entry.startsWith(palace)
        && LEFTOVER_MARKS.stream().anyMatch(mark -> entry.startsWith(mark, palace.length()));
  }

  private static List<Path> sorted(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.sorted().toList();
    }
  }

  /// {@return the quarantined copies of one segment, the latest time stamp in the name first}
  public List<Path> quarantinedOf(String segmentId) {
    Stream<Path> renamed =
        quarantined.stream()
            .filter(path -> isOf(path.getFileName().toString(), segmentId))
            .sorted(Comparator.comparing((Path path) -> digits(path, segmentId)).reversed());
    Stream<Path> otherwiseSpelled = spelledLike(segmentId).skip(1);
    return Stream.concat(renamed, otherwiseSpelled).toList();
  }

  /// {@return the directory of a segment; one in capitals where none is named exactly so}
  public Optional<Path> directoryOf(String segmentId) {
    return spelledLike(segmentId).findFirst();
  }

  /// Chroma writes and looks for lower case, whatever the row says.
  private Stream<Path> spelledLike(String segmentId) {
    String lower = segmentId.toLowerCase(Locale.ROOT);
    return segmentDirectories.stream()
        .filter(path -> path.getFileName().toString().equalsIgnoreCase(segmentId))
        .sorted(Comparator.comparing((Path path) -> !path.getFileName().toString().equals(lower)));
  }

  private static boolean isOf(String name, String segmentId) {
    return name.equals(segmentId) || name.startsWith(segmentId + ".");
  }

  /// {@return the same palace, with other directories beside its quarantined ones}
  public PalaceLayout withQuarantined(List<Path> others) {
    var all = new ArrayList<>(quarantined);
    all.addAll(others);
    return new PalaceLayout(
        directory, database, sidecars, segmentDirectories, all, companions, leftovers);
  }

  private static String digits(Path path, String segmentId) {
    return path.getFileName().toString().substring(segmentId.length()).replaceAll("\\D", "");
  }
}
