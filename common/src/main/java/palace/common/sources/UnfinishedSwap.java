package palace.common.sources;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.SourceDatabase;
import palace.common.files.PrivateDirectory;
import palace.common.salvage.Salvage;
import palace.common.store.CollectionState;
import palace.common.store.Palace;
import palace.common.store.PalaceLayout;

/// Tells a place to which a killed `mempalace migrate` was still copying from a palace (F50).
///
/// Where its temporary folder is on another file system, that command renames the palace to `N.old`
/// and copies the one that it made to `N`, file by file. Killed meanwhile, it leaves a database
/// that ends too early, or a whole one without the vectors of its index; without the files that lay
/// beside the store, and with the drawers of all collections in one. What could be had of it is
/// worth less than `N.old`, which is the palace.
///
/// A file can be cut or lost for other reasons, years later, while an `N.old` still lies there. So
/// nothing but files of Chroma may be at the place, every drawer that the database shows must be in
/// the copy, and it must not have seen more writes than the copy has drawers: MemPalace counts them
/// from 1.
public final class UnfinishedSwap {
  private UnfinishedSwap() {}

  /// {@return the palace that stood at a place before a copy to it was interrupted; empty where
  /// that is not what happened} Nothing is written but in the temporary folder, which must have
  /// room for what could be copied of a cut database.
  public static Optional<Source.Copy> at(Path place, Progress progress) throws IOException {
    Path database = place.resolve(PalaceLayout.DATABASE);
    if (!Files.isDirectory(place, NOFOLLOW_LINKS)
        || !Files.isRegularFile(database, NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    PalaceLayout layout = PalaceLayout.of(place);
    List<Source.Copy> before =
        Copies.of(layout).stream().filter(copy -> copy.kind().isOfMigration()).toList();
    if (before.isEmpty() || !isBare(layout)) {
      return Optional.empty();
    }
    return SourceDatabase.isCutShort(database)
        ? beforeCut(before, layout, progress)
        : beforeIndex(before, layout);
  }

  /// {@return whether a palace has nothing but files of Chroma, as one that no MemPalace opened
  /// yet}
  public static boolean isBare(PalaceLayout layout) {
    return layout.sidecars().isEmpty()
        && layout.quarantined().isEmpty()
        && layout.companions().stream().allMatch(entry -> entry.endsWith(".palace"));
  }

  private static Optional<Source.Copy> beforeCut(
      List<Source.Copy> copies, PalaceLayout layout, Progress progress) throws IOException {
    try (PrivateDirectory folder = PrivateDirectory.create()) {
      Path had = folder.path().resolve(PalaceLayout.DATABASE);
      Salvage.into(layout.database(), had, progress);
      try (ChromaDatabase database = ChromaDatabase.openReadOnly(had);
          Palace torn = Palace.over(layout, database)) {
        return holdingAll(copies, torn);
      }
    } catch (PalaceException.DamagedDatabase e) {
      // Not even a table was copied.
      return copies.stream().filter(copy -> holds(copy, Set.of(), 0)).findFirst();
    }
  }

  /// A palace that cannot be read has a damage of another kind.
  private static Optional<Source.Copy> beforeIndex(List<Source.Copy> copies, PalaceLayout layout)
      throws IOException {
    try (Palace torn = Palace.open(layout)) {
      return lacksVectors(torn) ? holdingAll(copies, torn) : Optional.empty();
    } catch (PalaceException e) {
      return Optional.empty();
    }
  }

  private static boolean lacksVectors(Palace palace) throws IOException {
    for (CollectionRow row : palace.collections()) {
      try (CollectionState state = palace.open(row)) {
        if (!state.missingVectors().isEmpty()) {
          return true;
        }
      }
    }
    return false;
  }

  private static Optional<Source.Copy> holdingAll(List<Source.Copy> copies, Palace torn)
      throws IOException {
    Set<String> ids = OpenCopy.present(torn);
    long writes = OpenCopy.writes(torn);
    return copies.stream().filter(copy -> holds(copy, ids, writes)).findFirst();
  }

  /// A copy that cannot be read holds nothing.
  private static boolean holds(Source.Copy copy, Set<String> ids, long writes) {
    try (OpenCopy opened = OpenCopy.open(copy)) {
      Set<String> there = OpenCopy.present(opened.palace());
      return writes <= there.size() && there.containsAll(ids);
    } catch (IOException e) {
      return false;
    }
  }
}
