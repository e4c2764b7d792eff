package palace.common.restore;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.PalaceException;
import palace.common.chroma.Catalogue;
import palace.common.chroma.SegmentRow;
import palace.common.chroma.SourceDatabase;
import palace.common.files.DiskSpace;
import palace.common.files.FileDigest;
import palace.common.files.FileOps;
import palace.common.files.Identity;
import palace.common.files.Likeness;
import palace.common.files.Listing;
import palace.common.files.TreeDigest;
import palace.common.files.TreeSize;
import palace.common.snapshot.Snapshot;
import palace.common.snapshot.SnapshotEntry;
import palace.common.snapshot.SnapshotStore;
import palace.common.store.NeedsEmbedding;
import palace.common.store.PalaceLayout;
import palace.common.swap.EntrySwap;
import palace.common.swap.LogValue;
import palace.common.swap.MoveJournal;
import palace.common.swap.Occasion;
import palace.common.swap.OwnFiles;
import palace.common.swap.PalacePaths;
import palace.common.swap.PalaceSwap;
import palace.common.swap.Seal;

/// One exchange of a palace, or of its store, for a verified snapshot; the lock is held around it.
final class RestoreRun {
  private static final Logger LOG = LoggerFactory.getLogger(RestoreRun.class);
  private static final List<String> SIDECARS = List.of("-wal", "-shm", "-journal");

  /// What is ours, and what MemPalace keeps in its config folder and has open: these stay where
  /// they are when entries are exchanged one by one.
  private static final Set<String> STAYING =
      Set.of(
          ".palace", "locks", "config.json", "maintenance.json", "server", "daemon", "hook_state");

  private final FileOps ops;
  private final PalacePaths paths;
  private final Occasion occasion;
  private final SnapshotStore store;
  private final SnapshotEntry.Kept kept;

  RestoreRun(
      FileOps ops,
      PalacePaths paths,
      Occasion occasion,
      SnapshotStore store,
      SnapshotEntry.Kept kept) {
    this.ops = ops;
    this.paths = paths;
    this.occasion = occasion;
    this.store = store;
    this.kept = kept;
  }

  PalacePaths paths() {
    return paths;
  }

  Snapshot.Scope scope() {
    return kept.snapshot().scope();
  }

  /// Does what takes long and changes nothing: of a snapshot that stays, a copy is made.
  void prepare() throws IOException {
    if (scope() == Snapshot.Scope.FULL) {
      requireRoom(ops, paths, kept);
      copy();
    }
  }

  /// {@return the room a restore needs}
  static long neededBytes(SnapshotEntry.Kept kept) throws IOException {
    return kept.snapshot().scope() == Snapshot.Scope.FULL
        ? TreeSize.of(palaceIn(kept)).allocatedBytes()
        : 0;
  }

  private static void requireRoom(FileOps ops, PalacePaths paths, SnapshotEntry.Kept kept)
      throws IOException {
    long needed = neededBytes(kept);
    long free = DiskSpace.usable(paths.build());
    if (needed > free) {
      throw new PalaceException.Refused(
          "%s has %,d bytes free, the copy of snapshot %s needs %,d; nothing was changed"
              .formatted(paths.build().getParent(), free, kept.snapshot().id(), needed),
          "make room there");
    }
    Path folder = Objects.requireNonNull(paths.build().getParent());
    if (!Files.isDirectory(folder, NOFOLLOW_LINKS)) {
      ops.createDirectory(folder);
    }
  }

  private void copy() throws IOException {
    try {
      LOG.info(
          "build.start dir={} from={}", LogValue.of(paths.build()), LogValue.of(palaceIn(kept)));
      ops.copyTree(palaceIn(kept), paths.build());
      requireEqual();
      var origin =
          new Seal.Origin(
              paths.run().value(),
              occasion.toolVersion(),
              occasion.created(),
              kept.snapshot().known().release().orElse(""),
              kept.snapshot().known().release().orElse(""));
      Seal.of(paths.build(), origin, kept.snapshot().known().collections(), List.of())
          .write(paths.build());
      ops.force(Objects.requireNonNull(paths.build().getParent()));
    } catch (IOException | RuntimeException | Error e) {
      discard(e);
      throw e;
    }
  }

  private void requireEqual() throws IOException {
    var expected = new TreeMap<String, FileDigest>();
    kept.snapshot()
        .files()
        .forEach((name, digest) -> expected.put(name.substring("palace/".length()), digest));
    if (!TreeDigest.of(paths.build()).equals(expected)) {
      throw new FileSystemException(
          paths.build().toString(), null, "differs from the snapshot it was copied from");
    }
  }

  /// Exchanges, and gives the journal that stays until what was there is filed.
  MoveJournal exchange(boolean missing) throws IOException {
    if (scope() == Snapshot.Scope.DATABASE || paths.confined()) {
      return exchangeEntries(missing);
    }
    var swap = PalaceSwap.on(ops);
    return missing
        ? swap.place(source(), paths, occasion, purpose())
        : swap.publish(source(), paths, occasion, purpose()).journal();
  }

  /// What fails after the exchange is said and undoes nothing: the journal stays, and the next
  /// recovery finishes.
  RestoreReport.Outcome.Restored file(MoveJournal journal, boolean missing, List<String> warnings) {
    try {
      if (missing) {
        store.removeEmptied(kept.snapshot().id());
        journal.remove(ops);
      } else {
        store.file(journal, paths, Snapshot.Known.NOTHING);
      }
      ops.delete(paths.build());
    } catch (IOException e) {
      LOG.warn("snapshot.not-filed id={} cause={}", paths.run(), LogValue.of(e));
      warnings.add(
          "the snapshot is in place; what was there before could not be filed yet (%s): palace recover does it"
              .formatted(e.getMessage()));
    }
    return new RestoreReport.Outcome.Restored(
        scope(), missing ? Optional.empty() : Optional.of(paths.run()));
  }

  /// Removes what only a finished restore would need.
  void discard(Throwable cause) {
    try {
      ops.delete(paths.build());
      if (MoveJournal.pending(paths.ops()).isEmpty()) {
        store.removeEmptied(paths.run());
      }
    } catch (IOException e) {
      LOG.warn("stage.leftover dir={} cause={}", LogValue.of(paths.build()), LogValue.of(e));
      cause.addSuppressed(e);
    }
  }

  private MoveJournal.Purpose purpose() {
    return MoveJournal.Purpose.restore(kept.snapshot().id());
  }

  private MoveJournal exchangeEntries(boolean missing) throws IOException {
    if (!Files.isDirectory(paths.palace(), NOFOLLOW_LINKS)) {
      ops.createDirectory(paths.palace());
    }
    var incoming = incoming();
    Path folder = missing ? paths.snapshot() : store.prepare(paths.run(), placeScope());
    var outgoing = missing ? List.<EntrySwap.Outgoing>of() : outgoing(incoming, folder);
    if (scope() != Snapshot.Scope.DATABASE) {
      incoming.addAll(OwnFiles.incoming(ops, source(), paths.palace()));
    }
    carryAccess(incoming);
    return EntrySwap.on(ops).publish(paths, occasion, purpose(), incoming, outgoing);
  }

  /// Where displaced entries are kept: as a whole palace's, unless only the database came.
  private Snapshot.Scope placeScope() {
    return scope() == Snapshot.Scope.DATABASE ? Snapshot.Scope.DATABASE : Snapshot.Scope.ASIDE;
  }

  private ArrayList<EntrySwap.Incoming> incoming() throws IOException {
    var incoming = new ArrayList<EntrySwap.Incoming>();
    if (scope() == Snapshot.Scope.DATABASE) {
      for (Path entry : Listing.of(kept.directory())) {
        if (isStoreFile(nameOf(entry))) {
          incoming.add(new EntrySwap.Incoming(entry, nameOf(entry)));
        }
      }
      addAll(incoming, kept.directory().resolve("segments"));
      addList(incoming);
    } else {
      addAll(incoming, source());
    }
    return incoming;
  }

  /// The list of drawers without a vector belongs to the database it was taken from.
  private void addList(List<EntrySwap.Incoming> incoming) throws IOException {
    Path list = kept.directory().resolve(RepairMoves.KEPT_LIST);
    if (Files.isRegularFile(list, NOFOLLOW_LINKS)) {
      Path folder = Objects.requireNonNull(paths.palace().resolve(NeedsEmbedding.NAME).getParent());
      if (!Files.isDirectory(folder, NOFOLLOW_LINKS)) {
        ops.createDirectory(folder);
      }
      incoming.add(new EntrySwap.Incoming(list, NeedsEmbedding.NAME));
    }
  }

  /// {@return the tree that is put in place}
  private Path source() {
    return scope() == Snapshot.Scope.FULL ? paths.build() : palaceIn(kept);
  }

  private void addAll(List<EntrySwap.Incoming> incoming, Path folder) throws IOException {
    if (Files.isDirectory(folder, NOFOLLOW_LINKS)) {
      for (Path entry : Listing.of(folder)) {
        if (!paths.confined() || !STAYING.contains(nameOf(entry))) {
          incoming.add(new EntrySwap.Incoming(entry, nameOf(entry)));
        }
      }
    }
  }

  private List<EntrySwap.Outgoing> outgoing(List<EntrySwap.Incoming> incoming, Path folder)
      throws IOException {
    var names = new HashSet<String>();
    incoming.forEach(entry -> names.add(entry.name()));
    Set<String> staying =
        scope() == Snapshot.Scope.DATABASE ? sharedSegments(names) : Set.<String>of();
    var outgoing = new ArrayList<EntrySwap.Outgoing>();
    for (Path entry : Listing.of(paths.palace())) {
      String name = nameOf(entry);
      boolean segment =
          PalaceLayout.isSegmentName(name) && Files.isDirectory(entry, NOFOLLOW_LINKS);
      boolean leaves = names.contains(name) || isStoreFile(name) || segment;
      if (leaves && !staying.contains(name)) {
        outgoing.add(new EntrySwap.Outgoing(name, place(folder, name)));
      }
    }
    Path list = paths.palace().resolve(NeedsEmbedding.NAME);
    if (names.contains(NeedsEmbedding.NAME) && Files.isRegularFile(list, NOFOLLOW_LINKS)) {
      outgoing.add(
          new EntrySwap.Outgoing(NeedsEmbedding.NAME, folder.resolve(RepairMoves.KEPT_LIST)));
    }
    if (scope() != Snapshot.Scope.DATABASE) {
      outgoing.addAll(OwnFiles.outgoing(ops, paths.palace(), folder.resolve("palace")));
    }
    return outgoing;
  }

  private Path place(Path folder, String name) {
    if (scope() != Snapshot.Scope.DATABASE) {
      return folder.resolve("palace").resolve(name);
    }
    return isStoreFile(name) ? folder.resolve(name) : folder.resolve("segments").resolve(name);
  }

  /// The segments that stay when only the database is put back: those that its rows name and that
  /// do not come with it, and those that no row of the database of today names, because they belong
  /// to neither.
  private Set<String> sharedSegments(Set<String> incoming) throws IOException {
    // Of a database that could not be read all that stood beside it then is taken for its own.
    Set<String> then =
        segmentsOf(kept.directory().resolve(PalaceLayout.DATABASE))
            .orElse(kept.snapshot().segments().keySet());
    Optional<Set<String>> now = segmentsOf(paths.palace().resolve(PalaceLayout.DATABASE));
    var shared = new HashSet<String>();
    for (Path entry : Listing.of(paths.palace())) {
      String name = nameOf(entry);
      boolean named = then.contains(name) || now.isPresent() && !now.get().contains(name);
      if (PalaceLayout.isSegmentName(name) && named && !incoming.contains(name)) {
        shared.add(name);
      }
    }
    return shared;
  }

  private static Optional<Set<String>> segmentsOf(Path database) throws IOException {
    if (Identity.of(database).isEmpty()) {
      return Optional.empty();
    }
    try (SourceDatabase source = SourceDatabase.open(database)) {
      var ids = new HashSet<String>();
      Catalogue.read(source.database()).segments().stream().map(SegmentRow::id).forEach(ids::add);
      return Optional.of(ids);
    } catch (PalaceException e) {
      LOG.warn("segments.unread database={} cause={}", LogValue.of(database), LogValue.of(e));
      return Optional.empty();
    }
  }

  /// A copy that SQLite made belongs to whoever ran this tool; the palace's user must be able to
  /// write to it.
  private void carryAccess(List<EntrySwap.Incoming> incoming) throws IOException {
    Path live = paths.palace().resolve(PalaceLayout.DATABASE);
    for (EntrySwap.Incoming entry : incoming) {
      if (entry.name().equals(PalaceLayout.DATABASE) && Identity.of(live).isPresent()) {
        Likeness.carryAccess(live, entry.from());
      }
    }
  }

  static Path palaceIn(SnapshotEntry.Kept kept) {
    return kept.directory().resolve("palace");
  }

  private static boolean isStoreFile(String name) {
    return name.equals(PalaceLayout.DATABASE)
        || SIDECARS.stream().anyMatch(suffix -> name.equals(PalaceLayout.DATABASE + suffix));
  }

  private static String nameOf(Path path) {
    return path.getFileName().toString();
  }

  /// {@return the names and marks of the segments that a snapshot of the database shares with the
  /// palace and that were written since}
  static List<String> segmentsChanged(Map<String, String> then, Map<String, String> now) {
    return then.entrySet().stream()
        .filter(entry -> !entry.getValue().equals(now.get(entry.getKey())))
        .map(Map.Entry::getKey)
        .toList();
  }
}
