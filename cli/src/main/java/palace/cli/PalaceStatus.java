package palace.cli;

import java.io.IOException;
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
import palace.common.restore.Pending;
import palace.common.restore.Recovery;
import palace.common.snapshot.SnapshotEntry;
import palace.common.snapshot.SnapshotStore;
import palace.common.sources.MigrationBuilds;
import palace.common.sources.Source;
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
/// @param leftovers what tools left beside it, and of it in the temporary folder
/// @param pending what interrupted runs of this tool left
/// @param snapshots the kept states, the newest first
/// @param holder who uses it: a command of this tool, a MemPalace, or whoever has files of it open
record PalaceStatus(
    Path palace,
    SchemaLevel level,
    DatabaseCondition condition,
    List<Collection> collections,
    Sizes sizes,
    List<Path> companions,
    List<Path> quarantined,
    List<Leftover> leftovers,
    Pending pending,
    List<SnapshotEntry> snapshots,
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
      long inQuarantine,
      long inFreePages,
      long missing) {}

  /// The room that each part takes.
  record Sizes(TreeSize total, TreeSize database, TreeSize segments, TreeSize companions) {}

  /// Something beside the palace, or made from it in the temporary folder, that a tool left.
  ///
  /// @param ours whether a run of this tool made it
  record Leftover(Path path, boolean ours) {}

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
          leftovers(palace),
          Recovery.look(layout.directory()),
          SnapshotStore.in(ops).list(),
          PalaceLock.user(layout.directory()));
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
                state.vectorsInSiblings(),
                state.vectorsInFreePages(),
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

  private static List<Leftover> leftovers(Palace palace) throws IOException {
    PalaceLayout layout = palace.layout();
    int name = layout.directory().getFileName().toString().length();
    var leftovers = new ArrayList<Leftover>();
    for (Path path : layout.leftovers()) {
      leftovers.add(new Leftover(path, isOfARun(path.getFileName().toString().substring(name))));
    }
    for (Source.Copy build : MigrationBuilds.of(palace)) {
      leftovers.add(new Leftover(build.place(), false));
    }
    return leftovers;
  }

  private static boolean isOfARun(String suffix) {
    return OWN_MARKS.stream()
        .anyMatch(
            mark -> suffix.startsWith(mark) && RunId.isValid(suffix.substring(mark.length())));
  }

  /// {@return the room that the kept states take}
  long snapshotBytes() {
    return snapshots.stream()
        .mapToLong(entry -> entry instanceof SnapshotEntry.Kept kept ? kept.snapshot().bytes() : 0)
        .sum();
  }

  long drawers() {
    return collections.stream().mapToLong(Collection::drawers).sum();
  }

  long missing() {
    return collections.stream().mapToLong(Collection::missing).sum();
  }

  /// {@return whether a run of this tool ended halfway}
  boolean wasInterrupted() {
    return !pending.nothing();
  }

  boolean needsAttention() {
    return missing() > 0 || wasInterrupted();
  }
}
