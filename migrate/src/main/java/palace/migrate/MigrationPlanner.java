package palace.migrate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import palace.common.PalaceException;
import palace.common.chroma.ChromaRelease;
import palace.common.chroma.MetadataValue;
import palace.common.chroma.Migration;
import palace.common.chroma.SegmentRow;
import palace.common.chroma.UnreadableTexts;
import palace.common.doctor.Doctor;
import palace.common.doctor.Finding;
import palace.common.files.DiskSpace;
import palace.common.files.TreeSize;
import palace.common.hnsw.IndexLayout;
import palace.common.segment.SegmentPlan;
import palace.common.store.CollectionState;
import palace.common.store.Drawer;
import palace.common.store.DrawerEntry;
import palace.common.store.PalaceLayout;

/// Works out what a migration will do, and refuses what the release cannot hold. Only reads.
final class MigrationPlanner {
  private static final ChromaRelease FIRST_WITH_COLLECTION_BOOLEANS = new ChromaRelease(0, 5, 1);
  private static final int MOST_NAMED = 5;
  private static final long DATABASE_BASE_BYTES = 1 << 20;
  private static final long PICKLE_BYTES_PER_DRAWER = 100;

  private final OpenSource source;
  private final List<CollectionTarget> targets;
  private final ChromaRelease release;
  private final int batchSize;

  MigrationPlanner(
      OpenSource source, List<CollectionTarget> targets, ChromaRelease release, int batchSize) {
    this.source = source;
    this.targets = targets;
    this.release = release;
    this.batchSize = batchSize;
  }

  /// {@return the plan}
  ///
  /// @param room a path on the file system where the build will be
  /// @throws PalaceException.Refused when a drawer holds what the release has no place for
  MigrationPlan plan(Path room) throws IOException {
    refuseUnattributed();
    refuseUnreadableTexts();
    refuseUntied();
    if (!release.level().hasArrays()) {
      refuseLists();
    }
    return new MigrationPlan(
        source.palace().layout().directory(),
        source.palace().level(),
        release,
        targets.stream().map(MigrationPlanner::planOf).toList(),
        neededBytes(),
        DiskSpace.usable(room),
        notCarried());
  }

  private static MigrationPlan.CollectionPlan planOf(CollectionTarget target) {
    CollectionState state = target.source();
    return new MigrationPlan.CollectionPlan(
        state.name(),
        state.row().tenant(),
        state.row().database(),
        state.space(),
        state.dimension(),
        state.entries().size(),
        state.vectorsInIndex(),
        state.vectorsInQueue(),
        state.vectorsInSiblings(),
        state.vectorsInFreePages(),
        state.missingVectors().size(),
        indexFiles(target.segment()));
  }

  static MigrationPlan.IndexFiles indexFiles(SegmentPlan plan) {
    return switch (plan) {
      case SegmentPlan.Nothing nothing -> MigrationPlan.IndexFiles.NONE;
      case SegmentPlan.Carry carry -> MigrationPlan.IndexFiles.CARRIED;
      case SegmentPlan.Rebuild rebuild -> MigrationPlan.IndexFiles.REBUILT;
    };
  }

  /// The database grows a little by fresh full-text tables; every vector needs an element of its
  /// index.
  private long neededBytes() throws IOException {
    long database = Files.size(source.palace().layout().database());
    long needed = DATABASE_BASE_BYTES + database + database / 4;
    for (CollectionTarget target : targets) {
      int dimension = target.source().dimension();
      int m = target.index().m();
      if (IndexLayout.possible(dimension, m)) {
        long element = new IndexLayout(dimension, m).elementBytes() + PICKLE_BYTES_PER_DRAWER;
        needed += element * target.carried().size();
      }
    }
    for (Path companion : source.palace().layout().companions()) {
      needed += bytesOf(companion);
    }
    return needed;
  }

  /// A database's journal may go while we look.
  private static long bytesOf(Path companion) throws IOException {
    try {
      return TreeSize.of(companion).allocatedBytes();
    } catch (NoSuchFileException e) {
      return 0;
    }
  }

  /// Records and indexes that no row ties to a collection may be all that is left of one that lacks
  /// them; leaving them behind would lose what can still be read.
  private void refuseUnattributed() throws IOException {
    for (CollectionState state : source.collections()) {
      long records = state.metadataSegment().isPresent() ? 0 : unattributedRecords();
      if (records > 0) {
        throw new PalaceException.Refused(
            "collection %s has no metadata segment, and %d records belong to no collection; nothing was changed"
                .formatted(state.name(), records),
            "palace repair, then migrate");
      }
      if (state.vectorSegment().isEmpty() && !state.missingVectors().isEmpty()) {
        List<Path> directories =
            leftBehind().stream()
                .filter(path -> PalaceLayout.isSegmentName(path.getFileName().toString()))
                .toList();
        if (!directories.isEmpty()) {
          throw new PalaceException.Refused(
              "collection %s has no vector segment, and the index in %s belongs to no collection; nothing was changed"
                  .formatted(state.name(), directories.getFirst()),
              "palace repair, then migrate");
        }
      }
    }
  }

  /// A row that is copied would stop Chroma again; a row that is read would not be what it was.
  private void refuseUnreadableTexts() throws IOException {
    var places = new ArrayList<String>();
    UnreadableTexts.each(
        source.palace().database(),
        (column, row) -> {
          if (places.isEmpty()) {
            places.add("row %d of %s".formatted(row, column.table()));
          }
        });
    if (!places.isEmpty()) {
      throw new PalaceException.Refused(
          "%s: %s has a text that is no UTF-8, which no Chroma can read; nothing was changed"
              .formatted(source.palace().layout().database(), places.getFirst()),
          "palace repair, then migrate");
    }
  }

  private void refuseUntied() throws PalaceException.Refused {
    List<Finding> untied = Doctor.untied(source.palace());
    if (!untied.isEmpty()) {
      throw new PalaceException.Refused(
          "%s: %s; nothing was changed"
              .formatted(source.palace().layout().database(), untied.getFirst().sentence()),
          "palace repair, then migrate");
    }
  }

  private long unattributedRecords() throws IOException {
    return source
        .palace()
        .database()
        .number(
            "SELECT count(*) FROM embeddings NOT INDEXED"
                + " WHERE segment_id NOT IN (SELECT id FROM segments)");
  }

  private void refuseLists() throws IOException {
    var holders = new ArrayList<String>();
    Set<Long> rows = rowsWithLists();
    for (CollectionTarget target : targets) {
      List<DrawerEntry> suspects =
          target.source().entries().stream()
              .filter(entry -> rows.contains(entry.rowId()) || !entry.pending().isEmpty())
              .toList();
      for (int from = 0; from < suspects.size(); from += batchSize) {
        int to = (int) Math.min(suspects.size(), (long) from + batchSize);
        for (Drawer drawer : target.source().read(suspects.subList(from, to))) {
          if (drawer.metadata().values().stream()
              .anyMatch(MetadataValue.Listing.class::isInstance)) {
            holders.add(target.source().name() + "/" + drawer.id());
          }
        }
      }
    }
    if (!holders.isEmpty()) {
      throw new PalaceException.Refused(
          "Chroma %s has no place for list metadata, which %d drawers have: %s%s; nothing was changed"
              .formatted(
                  release,
                  holders.size(),
                  holders.stream().limit(MOST_NAMED).collect(Collectors.joining(", ")),
                  holders.size() > MOST_NAMED ? ", …" : ""),
          "migrate to 1.5.0 or later, or turn these lists into strings first");
    }
  }

  private Set<Long> rowsWithLists() throws IOException {
    if (!source.palace().level().hasArrays()) {
      return Set.of();
    }
    return new HashSet<>(
        source
            .palace()
            .database()
            .list("SELECT DISTINCT id FROM embedding_metadata_array", row -> row.integer(1)));
  }

  private List<String> notCarried() throws IOException {
    var notCarried = new ArrayList<String>();
    for (CollectionTarget target : targets) {
      CollectionState state = target.source();
      if (!release.hasRustCore()) {
        state
            .settings()
            .embeddingFunction()
            .ifPresent(function ->
                notCarried.add(
                    "collection %s: the identity of its embedding function, %s: Chroma before 1.0 keeps none"
                        .formatted(state.name(), function)));
      }
      if (release.compareTo(FIRST_WITH_COLLECTION_BOOLEANS) < 0) {
        booleansOf(state, notCarried);
      }
    }
    for (Path directory : leftBehind()) {
      notCarried.add(
          "directory %s: no collection's index".formatted(directory.getFileName().toString()));
    }
    return notCarried;
  }

  private void booleansOf(CollectionState state, List<String> notCarried) {
    state
        .row()
        .metadata()
        .forEach((key, value) -> {
          if (value instanceof MetadataValue.Flag(boolean flag)) {
            notCarried.add(
                "collection %s: metadata %s = %s: Chroma %s does not show booleans of collections"
                    .formatted(state.name(), key, flag, release));
          }
        });
  }

  /// Quarantined indexes, and segment directories that belong to no collection.
  private List<Path> leftBehind() {
    PalaceLayout layout = source.palace().layout();
    Set<String> segments =
        source.collections().stream()
            .flatMap(state -> state.vectorSegment().stream())
            .map(SegmentRow::id)
            .map(id -> id.toLowerCase(java.util.Locale.ROOT))
            .collect(Collectors.toSet());
    var left = new ArrayList<>(layout.quarantined());
    layout.segmentDirectories().stream()
        .filter(path ->
            !segments.contains(path.getFileName().toString().toLowerCase(java.util.Locale.ROOT)))
        .forEach(left::add);
    return left;
  }

  /// {@return whether an entry of the palace's directory is written anew or left behind, and so is
  /// no companion}
  boolean belongsToStore(String name) {
    PalaceLayout layout = source.palace().layout();
    Path entry = layout.directory().resolve(name);
    return entry.equals(layout.database())
        || layout.sidecars().contains(entry)
        || layout.segmentDirectories().contains(entry)
        || layout.quarantined().contains(entry);
  }

  /// {@return whether the palace is at the level of the release already, every migration recorded
  /// as Chroma compares it}
  static boolean isCurrent(OpenSource source, ChromaRelease release) throws IOException {
    if (!source.palace().level().equals(release.level())) {
      return false;
    }
    List<String> recorded =
        source
            .palace()
            .database()
            .list(
                "SELECT dir, version, sql, hash FROM migrations",
                row -> row.text(1) + row.integer(2) + row.text(3) + row.text(4));
    List<String> wanted =
        Migration.upTo(release.level()).stream()
            .map(one -> one.dir() + one.version() + one.sql() + one.hash())
            .toList();
    return recorded.size() == wanted.size()
        && new HashSet<>(recorded).equals(new HashSet<>(wanted))
        && Files.isDirectory(source.palace().layout().directory(), LinkOption.NOFOLLOW_LINKS);
  }
}
