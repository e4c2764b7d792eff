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
import palace.common.chroma.SourceDatabase;
import palace.common.files.PrivateDirectory;
import palace.common.salvage.Salvage;
import palace.common.store.Palace;
import palace.common.store.PalaceLayout;

/// Tells a place to which a killed `mempalace migrate` was still copying from a damaged palace
/// (F50).
///
/// Where its temporary folder is on another file system, that command renames the palace to `N.old`
/// and copies the one that it made to `N`, file by file. Killed meanwhile, it leaves a database
/// that ends too early, without the files that lay beside the store, and with the drawers of all
/// collections in one. What could be had of it is worth less than `N.old`, which is the palace.
///
/// A file can be cut for other reasons, years later, while an `N.old` still lies there. So nothing
/// but files of Chroma may be at the place, every drawer that the cut database shows must be in the
/// copy, and it must not have seen more writes than the copy has drawers: MemPalace counts them
/// from 1.
public final class UnfinishedSwap {
  private UnfinishedSwap() {}

  /// {@return the palace that stood at a place before a copy to it was interrupted; empty where
  /// that is not what happened} Nothing is written but in the temporary folder, which must have
  /// room for what could be copied.
  public static Optional<Source.Copy> at(Path place, Progress progress) throws IOException {
    Path database = place.resolve(PalaceLayout.DATABASE);
    boolean cut =
        Files.isDirectory(place, NOFOLLOW_LINKS)
            && Files.isRegularFile(database, NOFOLLOW_LINKS)
            && SourceDatabase.isCutShort(database);
    if (!cut) {
      return Optional.empty();
    }
    PalaceLayout layout = PalaceLayout.of(place);
    List<Source.Copy> before =
        Copies.of(layout).stream().filter(UnfinishedSwap::isOfMigration).toList();
    return isBare(layout) && !before.isEmpty()
        ? holdingAll(before, layout, progress)
        : Optional.empty();
  }

  private static boolean isOfMigration(Source.Copy copy) {
    return copy.kind() == Source.Kind.SWAPPED_OUT || copy.kind() == Source.Kind.BEFORE_MIGRATION;
  }

  private static boolean isBare(PalaceLayout layout) {
    return layout.sidecars().isEmpty()
        && layout.quarantined().isEmpty()
        && layout.companions().stream().allMatch(entry -> entry.endsWith(".palace"));
  }

  private static Optional<Source.Copy> holdingAll(
      List<Source.Copy> copies, PalaceLayout layout, Progress progress) throws IOException {
    try (PrivateDirectory folder = PrivateDirectory.create()) {
      Path had = folder.path().resolve(PalaceLayout.DATABASE);
      Salvage.into(layout.database(), had, progress);
      try (ChromaDatabase database = ChromaDatabase.openReadOnly(had);
          Palace torn = Palace.over(layout, database)) {
        Set<String> ids = OpenCopy.present(torn);
        long writes = OpenCopy.writes(torn);
        return copies.stream().filter(copy -> holds(copy, ids, writes)).findFirst();
      }
    } catch (PalaceException.DamagedDatabase e) {
      // Not even a table was copied.
      return copies.stream().filter(copy -> holds(copy, Set.of(), 0)).findFirst();
    }
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
