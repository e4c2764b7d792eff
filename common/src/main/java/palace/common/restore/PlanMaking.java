package palace.common.restore;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.chroma.Catalogue;
import palace.common.chroma.SegmentRow;
import palace.common.chroma.SourceDatabase;
import palace.common.files.DiskSpace;
import palace.common.snapshot.SegmentMarks;
import palace.common.snapshot.Snapshot;
import palace.common.snapshot.SnapshotDifference;
import palace.common.snapshot.SnapshotEntry;
import palace.common.snapshot.SnapshotLayout;
import palace.common.snapshot.SnapshotStore;
import palace.common.store.Palace;
import palace.common.store.PalaceLayout;
import palace.common.swap.PalacePaths;

/// Works out what a restore would do.
final class PlanMaking {
  private final PalacePaths paths;
  private final SnapshotStore store;
  private final Progress progress;

  PlanMaking(PalacePaths paths, SnapshotStore store, Progress progress) {
    this.paths = paths;
    this.store = store;
    this.progress = progress;
  }

  RestorePlan of(SnapshotEntry.Kept kept) throws IOException {
    List<SnapshotDifference> damage = store.verify(kept);
    boolean missing = LostJournal.isMissing(paths.palace());
    var comparison = new DrawerComparison(progress);
    Optional<String> unread =
        damage.isEmpty()
            ? compare(kept, missing, comparison)
            : Optional.of("the snapshot is damaged");
    return new RestorePlan.PutBack(
        paths.palace(),
        kept.snapshot(),
        damage,
        missing,
        comparison.changes(),
        unread,
        segmentsChanged(kept),
        RestoreRun.neededBytes(kept),
        DiskSpace.usable(paths.build()));
  }

  private Optional<String> compare(
      SnapshotEntry.Kept kept, boolean missing, DrawerComparison comparison) throws IOException {
    PalaceLayout then = SnapshotLayout.of(paths.palace(), kept.directory());
    try (Palace snapshot = Palace.open(then)) {
      if (missing) {
        comparison.only(snapshot);
      } else {
        try (Palace palace = Palace.open(paths.palace())) {
          comparison.compare(palace, snapshot);
        }
      }
      return Optional.empty();
    } catch (PalaceException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /// Only segments that the snapshot's database refers to and that stay where they are matter.
  private List<String> segmentsChanged(SnapshotEntry.Kept kept) throws IOException {
    Path palace = paths.palace();
    boolean shares =
        kept.snapshot().scope() == Snapshot.Scope.DATABASE
            && Files.isDirectory(palace, NOFOLLOW_LINKS);
    if (!shares) {
      return List.of();
    }
    var then = new TreeMap<>(kept.snapshot().segments());
    then.keySet().retainAll(named(kept.directory().resolve(PalaceLayout.DATABASE)));
    Path retired = kept.directory().resolve("segments");
    then.keySet().removeIf(name -> Files.isDirectory(retired.resolve(name), NOFOLLOW_LINKS));
    return RestoreRun.segmentsChanged(then, SegmentMarks.of(palace));
  }

  private static Set<String> named(Path database) throws IOException {
    try (SourceDatabase source = SourceDatabase.open(database)) {
      var ids = new HashSet<String>();
      Catalogue.read(source.database()).segments().stream().map(SegmentRow::id).forEach(ids::add);
      return ids;
    } catch (PalaceException e) {
      return Set.of();
    }
  }
}
