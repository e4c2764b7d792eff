package palace.common.sources;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import palace.common.chroma.ChromaDatabase;
import palace.common.store.Palace;
import palace.common.store.PalaceLayout;

/// Finds the palaces that a killed `mempalace migrate` was making: `mempalace_migrate_XXXXXXXX` in
/// the temporary folder, with the drawers of all collections in one, each embedded again.
///
/// They are good for vectors alone: their drawers may have been deleted since, and their sequence
/// numbers count from 1. Nothing in a name says whose they are, and everybody may write to a
/// temporary folder. So one counts only when it belongs to the owner of the palace or to whoever
/// runs this, nobody else may write to it, and most of its drawers are the palace's.
public final class MigrationBuilds {
  private static final String NAME = "mempalace_migrate_";

  /// At most this many entries of a temporary folder are looked at.
  private static final int MOST_ENTRIES = 100_000;

  private MigrationBuilds() {}

  /// {@return the builds of a palace, the one written last first; one that cannot be read is known
  /// to be nobody's, and left out}
  public static List<Source.Copy> of(Palace palace) throws IOException {
    List<Source.Copy> trusted = trusted(palace.layout().directory());
    if (trusted.isEmpty()) {
      return trusted;
    }
    Set<String> ids = OpenCopy.present(palace);
    return trusted.stream().filter(build -> isMostlyOf(ids, build)).toList();
  }

  /// {@return the builds of a palace whose vectors a model made that made its own too, as drawers
  /// show that have one in both} Where none has, that cannot be told.
  ///
  /// @param reader a connection to the palace's database
  public static List<Source.Copy> ofSameModel(Palace palace, ChromaDatabase reader)
      throws IOException {
    var builds = new ArrayList<Source.Copy>();
    for (Source.Copy build : of(palace)) {
      try (OpenCopy opened = OpenCopy.open(build)) {
        if (ModelComparison.isSame(palace, reader, opened)) {
          builds.add(build);
        }
      }
    }
    return builds;
  }

  private static boolean isMostlyOf(Set<String> ids, Source.Copy build) {
    try (OpenCopy opened = OpenCopy.open(build)) {
      Set<String> there = OpenCopy.present(opened.palace());
      return there.stream().filter(ids::contains).count() * 2 > there.size();
    } catch (IOException e) {
      return false;
    }
  }

  private static List<Source.Copy> trusted(Path palace) throws IOException {
    Set<String> owners =
        Set.copyOf(List.of(Files.getOwner(palace).getName(), System.getProperty("user.name")));
    var builds = new ArrayList<Source.Copy>();
    for (Path folder : folders()) {
      for (Path entry : entriesOf(folder)) {
        if (!entry.equals(palace) && Copies.isPalace(entry) && isTrusted(entry, owners)) {
          builds.add(new Source.Copy(entry, Source.Kind.MIGRATION_BUILD, PalaceLayout.of(entry)));
        }
      }
    }
    return Copies.newestFirst(builds);
  }

  /// MemPalace may have run with another environment than this.
  private static Set<Path> folders() {
    var folders = new LinkedHashSet<Path>();
    Optional.ofNullable(System.getenv("TMPDIR"))
        .flatMap(MigrationBuilds::real)
        .ifPresent(folders::add);
    real(System.getProperty("java.io.tmpdir")).ifPresent(folders::add);
    real("/tmp").ifPresent(folders::add);
    return folders;
  }

  private static Optional<Path> real(String folder) {
    try {
      return folder.isBlank() ? Optional.empty() : Optional.of(Path.of(folder).toRealPath());
    } catch (IOException | InvalidPathException e) {
      return Optional.empty();
    }
  }

  /// A folder that cannot be listed shows nothing.
  private static List<Path> entriesOf(Path folder) {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .limit(MOST_ENTRIES)
          .filter(entry -> entry.getFileName().toString().startsWith(NAME))
          .toList();
    } catch (IOException | UncheckedIOException e) {
      return List.of();
    }
  }

  private static boolean isTrusted(Path directory, Set<String> owners) throws IOException {
    var attributes = Files.readAttributes(directory, PosixFileAttributes.class, NOFOLLOW_LINKS);
    Set<PosixFilePermission> allowed = attributes.permissions();
    return owners.contains(attributes.owner().getName())
        && !allowed.contains(PosixFilePermission.GROUP_WRITE)
        && !allowed.contains(PosixFilePermission.OTHERS_WRITE);
  }
}
