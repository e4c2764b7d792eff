package palace.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import palace.common.RunId;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.DatabaseCondition;
import palace.common.chroma.SchemaLevel;
import palace.common.files.TreeSize;
import palace.common.hnsw.Space;
import palace.common.lock.LockHolder;
import palace.common.lock.PalaceLock;
import palace.common.snapshot.SnapshotEntry;
import palace.common.snapshot.SnapshotStore;
import palace.common.store.CollectionState;
import palace.common.store.Palace;
import palace.common.store.PalaceLayout;
import palace.common.swap.PalacePaths;

/// A palace at a glance. Nothing is written to learn it.
///
/// @param palace its real path
/// @param level how far its migrations have gone
/// @param condition what lies beside its database
/// @param collections what each collection holds
/// @param sizes how much room it takes
/// @param companions its entries that are no part of the store
/// @param quarantined segment directories that MemPalace renamed away
/// @param leftovers what tools left beside it
/// @param snapshots the kept states
/// @param holder which command of this tool holds it
record PalaceStatus(
    Path palace,
    SchemaLevel level,
    DatabaseCondition condition,
    List<Collection> collections,
    Sizes sizes,
    List<Path> companions,
    List<Path> quarantined,
    List<Leftover> leftovers,
    Snapshots snapshots,
    Optional<LockHolder> holder) {
  private static final List<String> OWN_MARKS =
      List.of(".build-", ".incoming-", ".aside-", ".staging-");

  /// One collection: where its drawers' vectors lie.
  record Collection(
      CollectionRow row,
      Space space,
      int dimension,
      long drawers,
      long inIndex,
      long inQueue,
      long missing) {
    /// {@return drawers whose vector only a quarantined copy of the index holds}
    long inQuarantine() {
      return drawers - inIndex - inQueue - missing;
    }
  }

  /// The room that each part takes.
  record Sizes(TreeSize total, TreeSize database, TreeSize segments, TreeSize companions) {}

  /// Something beside the palace that a tool left.
  ///
  /// @param interrupted whether it is of a run of this tool that did not end
  record Leftover(Path path, boolean interrupted) {}

  /// The kept states.
  ///
  /// @param count how many can be listed
  /// @param bytes their files added up
  /// @param damaged folders without a readable description
  record Snapshots(int count, long bytes, List<Path> damaged) {}

  /// Looks at a palace.
  static PalaceStatus of(Path path) throws IOException {
    try (Palace palace = Palace.open(path)) {
      PalaceLayout layout = palace.layout();
      Path ops = PalacePaths.opsOf(layout.directory());
      return new PalaceStatus(
          layout.directory(),
          palace.level(),
          palace.condition(),
          collections(palace),
          sizes(layout),
          layout.companions(),
          layout.quarantined(),
          leftovers(layout, ops),
          snapshots(ops),
          PalaceLock.holder(layout.directory()));
    }
  }

  private static List<Collection> collections(Palace palace) throws IOException {
    var collections = new ArrayList<Collection>();
    for (CollectionRow row : palace.collections()) {
      try (CollectionState state = palace.open(row)) {
        collections.add(
            new Collection(
                row,
                state.space(),
                state.dimension(),
                state.entries().size(),
                state.vectorsInIndex(),
                state.vectorsInQueue(),
                state.missingVectors().size()));
      }
    }
    return collections;
  }

  private static Sizes sizes(PalaceLayout layout) throws IOException {
    var database = new ArrayList<>(layout.sidecars());
    database.add(layout.database());
    return new Sizes(
        TreeSize.of(layout.directory()),
        sum(database),
        sum(layout.segmentDirectories()),
        sum(layout.companions()));
  }

  private static TreeSize sum(List<Path> paths) throws IOException {
    long apparent = 0;
    long allocated = 0;
    long files = 0;
    for (Path path : paths) {
      TreeSize size = TreeSize.of(path);
      apparent += size.apparentBytes();
      allocated += size.allocatedBytes();
      files += size.files();
    }
    return new TreeSize(apparent, allocated, files);
  }

  private static List<Leftover> leftovers(PalaceLayout layout, Path ops) throws IOException {
    String name = layout.directory().getFileName().toString();
    var leftovers = new ArrayList<Leftover>();
    for (Path path : layout.leftovers()) {
      String suffix = path.getFileName().toString().substring(name.length());
      leftovers.add(new Leftover(path, isOfARun(suffix)));
    }
    if (Files.isDirectory(ops)) {
      try (var entries = Files.newDirectoryStream(ops, "journal-*.json")) {
        entries.forEach(journal -> leftovers.add(new Leftover(journal, true)));
      }
    }
    return leftovers;
  }

  private static boolean isOfARun(String suffix) {
    return OWN_MARKS.stream()
        .anyMatch(
            mark -> suffix.startsWith(mark) && RunId.isValid(suffix.substring(mark.length())));
  }

  private static Snapshots snapshots(Path ops) throws IOException {
    int count = 0;
    long bytes = 0;
    var damaged = new ArrayList<Path>();
    for (SnapshotEntry entry : SnapshotStore.in(ops).list()) {
      switch (entry) {
        case SnapshotEntry.Kept kept -> {
          count++;
          bytes += kept.snapshot().bytes();
        }
        case SnapshotEntry.Damaged broken -> damaged.add(broken.directory());
      }
    }
    return new Snapshots(count, bytes, damaged);
  }

  long drawers() {
    return collections.stream().mapToLong(Collection::drawers).sum();
  }

  long missing() {
    return collections.stream().mapToLong(Collection::missing).sum();
  }

  /// {@return whether a run of this tool ended halfway; one that still works has its build there}
  boolean wasInterrupted() {
    return holder.isEmpty() && leftovers.stream().anyMatch(Leftover::interrupted);
  }

  boolean needsAttention() {
    return missing() > 0 || wasInterrupted();
  }
}
