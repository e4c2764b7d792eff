package palace.common.sources;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import palace.common.files.Listing;
import palace.common.store.PalaceLayout;

/// Finds the copies of a palace by their names. No link is followed and nothing is opened.
public final class Copies {
  /// At most this many of a sort are looked at, the ones written last.
  private static final int MOST = 32;

  private static final String DATABASE = PalaceLayout.DATABASE;

  private Copies() {}

  /// {@return the copies that other tools left beside a palace and in it, the one written last
  /// first}
  public static List<Source.Copy> of(PalaceLayout palace) throws IOException {
    var copies = new ArrayList<Source.Copy>();
    for (Path beside : palace.leftovers()) {
      Optional<Source.Kind> kind = kindOf(palace.directory(), beside);
      if (kind.isPresent() && isPalace(beside)) {
        copies.add(new Source.Copy(beside, kind.get(), PalaceLayout.of(beside)));
      }
    }
    for (Path inside : palace.companions()) {
      if (isDatabaseCopy(inside)) {
        copies.add(new Source.Copy(inside, Source.Kind.DATABASE, around(palace, inside)));
      }
    }
    return newestFirst(copies);
  }

  /// {@return the copies beside a place where no palace is, the one written last first}
  public static List<Source.Copy> ofMissing(Path palace) throws IOException {
    var copies = new ArrayList<Source.Copy>();
    for (Path beside : PalaceLayout.leftoversOf(palace)) {
      Optional<Source.Kind> kind = kindOf(palace, beside);
      if (kind.isPresent() && isPalace(beside)) {
        copies.add(new Source.Copy(beside, kind.get(), PalaceLayout.of(beside)));
      }
    }
    return newestFirst(copies);
  }

  /// {@return the states of a palace that this tool kept, the newest first}
  public static List<Source.Copy> snapshotsOf(PalaceLayout palace) throws IOException {
    var copies = new ArrayList<Source.Copy>();
    Path directory = palace.directory();
    for (Path ops :
        List.of(
            directory.resolveSibling(directory.getFileName() + ".ops"),
            directory.resolve(".palace").resolve("ops"))) {
      Path snapshots = ops.resolve("snapshots");
      if (Files.isDirectory(snapshots, NOFOLLOW_LINKS)) {
        for (Path folder : Listing.of(snapshots)) {
          snapshot(palace, folder).ifPresent(copies::add);
        }
      }
    }
    copies.sort(Comparator.comparing(copy -> copy.place().toString(), Comparator.reverseOrder()));
    return copies.subList(0, Math.min(MOST, copies.size()));
  }

  /// {@return the palace, snapshot or database that an operator named; empty when it is none of
  /// them}
  public static Optional<Source.Copy> named(PalaceLayout palace, Path place) throws IOException {
    Path real = place.toRealPath();
    if (isPalace(real) && !Files.isRegularFile(real.resolve("snapshot.json"), NOFOLLOW_LINKS)) {
      return Optional.of(new Source.Copy(real, Source.Kind.NAMED, PalaceLayout.of(real)));
    }
    if (Files.isRegularFile(real, NOFOLLOW_LINKS)) {
      Path folder = Objects.requireNonNull(real.getParent());
      PalaceLayout segments = folder.equals(palace.directory()) ? palace : PalaceLayout.of(folder);
      return Optional.of(new Source.Copy(real, Source.Kind.NAMED, around(segments, real)));
    }
    return snapshot(palace, real)
        .map(copy -> new Source.Copy(copy.place(), Source.Kind.NAMED, copy.layout()));
  }

  private static Optional<Source.Copy> snapshot(PalaceLayout palace, Path folder)
      throws IOException {
    Path whole = folder.resolve("palace");
    if (isPalace(whole)) {
      return Optional.of(new Source.Copy(folder, Source.Kind.SNAPSHOT, PalaceLayout.of(whole)));
    }
    return isPalace(folder)
        ? Optional.of(new Source.Copy(folder, Source.Kind.SNAPSHOT, withRetired(palace, folder)))
        : Optional.empty();
  }

  /// A snapshot of the database has the segments that were retired into it, and beside them those
  /// that the palace still has.
  private static PalaceLayout withRetired(PalaceLayout palace, Path folder) throws IOException {
    var segments = new TreeMap<String, Path>();
    palace.segmentDirectories().forEach(path -> segments.put(nameOf(path), path));
    Path retired = folder.resolve("segments");
    if (Files.isDirectory(retired, NOFOLLOW_LINKS)) {
      for (Path segment : Listing.of(retired)) {
        if (PalaceLayout.isSegmentName(nameOf(segment))
            && Files.isDirectory(segment, NOFOLLOW_LINKS)) {
          segments.put(nameOf(segment), segment);
        }
      }
    }
    return new PalaceLayout(
        folder,
        folder.resolve(DATABASE),
        List.of(),
        List.copyOf(segments.values()),
        palace.quarantined(),
        List.of(),
        List.of());
  }

  private static PalaceLayout around(PalaceLayout palace, Path database) {
    return new PalaceLayout(
        palace.directory(),
        database,
        List.of(),
        palace.segmentDirectories(),
        palace.quarantined(),
        List.of(),
        List.of());
  }

  private static Optional<Source.Kind> kindOf(Path palace, Path beside) {
    String suffix = nameOf(beside).substring(nameOf(palace).length());
    if (suffix.startsWith(".pre-rebuild-")) {
      return Optional.of(Source.Kind.ARCHIVE);
    }
    if (suffix.startsWith(".pre-migrate.")) {
      return Optional.of(Source.Kind.BEFORE_MIGRATION);
    }
    if (suffix.equals(".backup")) {
      return Optional.of(Source.Kind.BACKUP);
    }
    if (suffix.equals(".old")) {
      return Optional.of(Source.Kind.SWAPPED_OUT);
    }
    boolean other =
        suffix.startsWith(".backup") || suffix.startsWith(".old") || suffix.startsWith(".bak");
    return other || suffix.startsWith("_rebuild")
        ? Optional.of(Source.Kind.OTHER)
        : Optional.empty();
  }

  /// {@return whether a directory, and not a link to one, holds a database that may be read}
  static boolean isPalace(Path directory) {
    return Files.isDirectory(directory, NOFOLLOW_LINKS)
        && Files.isReadable(directory)
        && Files.isRegularFile(directory.resolve(DATABASE), NOFOLLOW_LINKS)
        && Files.isReadable(directory.resolve(DATABASE));
  }

  private static boolean isDatabaseCopy(Path file) {
    String name = nameOf(file);
    boolean sidecar = name.endsWith("-wal") || name.endsWith("-shm") || name.endsWith("-journal");
    return name.startsWith(DATABASE + ".")
        && (name.contains("backup") || name.contains(".bak"))
        && !sidecar
        && Files.isRegularFile(file, NOFOLLOW_LINKS)
        && Files.isReadable(file);
  }

  /// {@return the copies written last, the last of them first}
  static List<Source.Copy> newestFirst(List<Source.Copy> copies) {
    return copies.stream()
        .sorted(
            Comparator.comparing((Source.Copy copy) -> writtenAt(copy.layout().database()))
                .reversed())
        .limit(MOST)
        .toList();
  }

  private static FileTime writtenAt(Path database) {
    try {
      return Files.getLastModifiedTime(database, NOFOLLOW_LINKS);
    } catch (IOException e) {
      return FileTime.fromMillis(0);
    }
  }

  private static String nameOf(Path path) {
    return String.valueOf(path.getFileName());
  }
}
