package palace.common.snapshot;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.PalaceException;
import palace.common.RunId;
import palace.common.chroma.SourceDatabase;
import palace.common.files.AtomicFile;
import palace.common.files.DiskSpace;
import palace.common.files.FileDigest;
import palace.common.files.FileOps;
import palace.common.files.Likeness;
import palace.common.files.Listing;
import palace.common.files.TreeDigest;
import palace.common.files.TreeSize;
import palace.common.store.PalaceLayout;
import palace.common.swap.Displaced;
import palace.common.swap.LogValue;
import palace.common.swap.MoveJournal;
import palace.common.swap.Occasion;
import palace.common.swap.PalacePaths;

/// The catalogue of kept states of one palace, in the ops folder under `snapshots/I/`:
/// `snapshot.json` beside `palace/`, or beside `chroma.sqlite3` and `segments/`.
public final class SnapshotStore {
  private static final Logger LOG = LoggerFactory.getLogger(SnapshotStore.class);

  private static final String PALACE = "palace";

  /// Stands in a folder as long as a copy is being made in it, so that what an interrupted run left
  /// there is known to be no more than a part of a copy.
  private static final String UNFINISHED = ".unfinished";

  private final FileOps ops;
  private final Path directory;

  /// The catalogue in an ops folder, on that file system.
  public SnapshotStore(FileOps ops, Path opsFolder) {
    this.ops = ops;
    this.directory = opsFolder.resolve("snapshots");
  }

  /// {@return the catalogue in an ops folder, which need not exist yet}
  public static SnapshotStore in(Path opsFolder) {
    return new SnapshotStore(FileOps.real(), opsFolder);
  }

  /// Files a displaced palace as the snapshot of its run: gives it its place in the catalogue,
  /// hashes it, writes `snapshot.json`, and only then removes the journal. When the run put another
  /// snapshot back, that one's emptied folder disappears before the journal does.
  ///
  /// May be repeated after an interruption at any point. When it fails, the displaced palace is
  /// whole under one of its two names, and the journal is still there.
  public Snapshot file(Displaced displaced, Snapshot.Known known) throws IOException {
    return file(displaced.journal(), displaced.paths(), known);
  }

  /// As [#file(Displaced, Snapshot.Known)], by the journal alone: also for entries that an
  /// [palace.common.swap.EntrySwap] moved into the folder that [#prepare] gave.
  public Snapshot file(MoveJournal journal, PalacePaths paths, Snapshot.Known known)
      throws IOException {
    Optional<RunId> restored = journal.purpose().restored();
    Snapshot snapshot = file(paths, journal.occasion(), restored, known);
    if (restored.isPresent()) {
      removeEmptied(restored.get());
    }
    journal.remove(ops);
    return snapshot;
  }

  /// Makes the folder of a run's snapshot, into which an [palace.common.swap.EntrySwap] is to move
  /// what it displaces, and gives it: for [Snapshot.Scope#ASIDE] with an empty `palace/`, for
  /// [Snapshot.Scope#DATABASE] with an empty `segments/`.
  ///
  /// @throws PalaceException.Refused when it cannot be made
  public Path prepare(RunId run, Snapshot.Scope scope) throws IOException {
    try {
      Path folder = create(run);
      ops.createDirectory(folder.resolve(scope == Snapshot.Scope.DATABASE ? "segments" : PALACE));
      return folder;
    } catch (IOException e) {
      throw refused(run, e);
    }
  }

  /// As [#file(Displaced, Snapshot.Known)], where no journal says what the run did.
  public Snapshot file(
      PalacePaths paths, Occasion occasion, Optional<RunId> restored, Snapshot.Known known)
      throws IOException {
    Path folder = directory.resolve(occasion.run().value());
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      folder = create(occasion.run());
    }
    if (Files.isDirectory(paths.aside(), LinkOption.NOFOLLOW_LINKS)) {
      Path place = folder.resolve(PALACE);
      if (Files.exists(place, LinkOption.NOFOLLOW_LINKS)) {
        throw new FileAlreadyExistsException(
            paths.aside().toString(), place.toString(), "the snapshot has a palace already");
      }
      ops.rename(paths.aside(), place);
      ops.force(folder);
      ops.force(Objects.requireNonNull(paths.aside().getParent()));
    }
    if (SnapshotJson.read(folder) instanceof SnapshotEntry.Kept kept) {
      return kept.snapshot();
    }
    return describe(paths.palace(), folder, occasion, restored, known);
  }

  /// Writes `snapshot.json` for what lies in a folder of the catalogue.
  public Snapshot describe(
      Path palace, Path folder, Occasion occasion, Optional<RunId> restored, Snapshot.Known known)
      throws IOException {
    boolean whole = Files.isDirectory(folder.resolve(PALACE), LinkOption.NOFOLLOW_LINKS);
    var scope = whole ? Snapshot.Scope.ASIDE : Snapshot.Scope.DATABASE;
    SortedMap<String, String> marks = whole ? new TreeMap<>() : SegmentMarks.of(palace);
    return seal(folder, new Description(occasion, scope, restored, known, marks));
  }

  /// Copies the whole palace into a new snapshot; the palace stays where it is and is only read.
  /// The caller holds the lock, so that nobody writes meanwhile; a file that changes under the copy
  /// is a failure. Whatever fails, no part of the snapshot is left.
  ///
  /// @throws PalaceException.Refused when there is not enough room or the folder cannot be made
  public Snapshot createFull(PalacePaths paths, Occasion occasion) throws IOException {
    requireRoom(TreeSize.of(paths.palace()).allocatedBytes());
    Path folder = begin(occasion.run());
    try {
      Path copy = folder.resolve(PALACE);
      new FullCopy(ops, paths.palace(), copy).make();
      var known = KnownContents.of(PalaceLayout.of(copy));
      ops.force(folder);
      return seal(
          folder,
          new Description(occasion, Snapshot.Scope.FULL, Optional.empty(), known, new TreeMap<>()));
    } catch (IOException | RuntimeException e) {
      discard(folder, e);
      throw e;
    }
  }

  /// Copies the database alone into a new snapshot, through SQLite; the palace is only read.
  /// Whatever fails, no part of the snapshot is left.
  ///
  /// @throws PalaceException.Refused when there is not enough room or the folder cannot be made
  public Snapshot createDatabase(PalacePaths paths, Occasion occasion) throws IOException {
    Path database = paths.palace().resolve(PalaceLayout.DATABASE);
    requireRoom(TreeSize.of(database).allocatedBytes());
    Path folder = begin(occasion.run());
    try {
      Path copy = folder.resolve(PalaceLayout.DATABASE);
      try (SourceDatabase source = SourceDatabase.open(database)) {
        source.database().backUpTo(copy);
      }
      Likeness.carryAccess(database, copy);
      ops.force(copy);
      ops.force(folder);
      var known = KnownContents.of(SnapshotLayout.of(paths.palace(), folder));
      var marks = SegmentMarks.of(paths.palace());
      return seal(
          folder,
          new Description(occasion, Snapshot.Scope.DATABASE, Optional.empty(), known, marks));
    } catch (IOException | RuntimeException e) {
      discard(folder, e);
      throw e;
    }
  }

  /// Begins the snapshot that a repair needs before it changes anything. The folder is created
  /// exclusively, mode 0700; failing that the repair is refused.
  public DatabaseSnapshot beginDatabase(PalacePaths paths, Occasion occasion) throws IOException {
    return new DatabaseSnapshot(this, ops, paths, occasion, begin(occasion.run()));
  }

  /// {@return the snapshot that an interrupted repair had begun, or empty when its folder is gone}
  public Optional<DatabaseSnapshot> resumeDatabase(PalacePaths paths, Occasion occasion) {
    return find(occasion.run())
        .map(entry -> {
          var begun = new DatabaseSnapshot(this, ops, paths, occasion, entry.directory());
          return entry instanceof SnapshotEntry.Kept kept
              ? begun.described(kept.snapshot())
              : begun;
        });
  }

  /// {@return the snapshot with this id, or empty when the catalogue has no such folder}
  public Optional<SnapshotEntry> find(RunId id) {
    Path folder = directory.resolve(id.value());
    return Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
        ? Optional.of(SnapshotJson.read(folder))
        : Optional.empty();
  }

  /// {@return how a snapshot differs from its description, every file hashed; empty when it is what
  /// it was} Nothing is written.
  public List<SnapshotDifference> verify(SnapshotEntry entry) throws IOException {
    return switch (entry) {
      case SnapshotEntry.Damaged damaged ->
          List.of(new SnapshotDifference.Undescribed(SnapshotJson.NAME, damaged.reason()));
      case SnapshotEntry.Kept kept ->
          differences(kept.snapshot().files(), digests(kept.directory()));
    };
  }

  private static List<SnapshotDifference> differences(
      SortedMap<String, FileDigest> kept, SortedMap<String, FileDigest> found) {
    var names = new TreeSet<>(kept.keySet());
    names.addAll(found.keySet());
    var differences = new ArrayList<SnapshotDifference>();
    for (String name : names) {
      FileDigest was = kept.get(name);
      FileDigest is = found.get(name);
      if (is == null) {
        differences.add(new SnapshotDifference.Missing(name));
      } else if (was == null) {
        differences.add(new SnapshotDifference.Extra(name));
      } else if (!was.equals(is)) {
        differences.add(new SnapshotDifference.Changed(name, was, is));
      }
    }
    return differences;
  }

  /// {@return every folder of the catalogue, the newest first; links and files in between are
  /// passed over, and nothing is written}
  public List<SnapshotEntry> list() throws IOException {
    var entries = new ArrayList<SnapshotEntry>();
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      return entries;
    }
    for (Path folder : Listing.of(directory)) {
      boolean named = RunId.isValid(folder.getFileName().toString());
      if (named && Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
        entries.add(SnapshotJson.read(folder));
      }
    }
    // A run id begins with its UTC time, so the order of names is the order of time.
    Collections.reverse(entries);
    return entries;
  }

  /// What a `snapshot.json` says beyond the files.
  record Description(
      Occasion occasion,
      Snapshot.Scope scope,
      Optional<RunId> restored,
      Snapshot.Known known,
      SortedMap<String, String> segments) {}

  private Snapshot seal(Path folder, Description description) throws IOException {
    return seal(folder, description, digests(folder));
  }

  Snapshot seal(Path folder, Description description, SortedMap<String, FileDigest> files)
      throws IOException {
    long bytes = files.values().stream().mapToLong(FileDigest::size).sum();
    Occasion occasion = description.occasion();
    var snapshot =
        new Snapshot(
            occasion.run(),
            description.scope(),
            occasion.command(),
            occasion.created(),
            occasion.toolVersion(),
            files,
            bytes,
            description.restored(),
            description.known(),
            description.segments());
    AtomicFile.write(ops, folder.resolve(SnapshotJson.NAME), SnapshotJson.write(snapshot));
    if (Files.exists(folder.resolve(UNFINISHED), LinkOption.NOFOLLOW_LINKS)) {
      ops.delete(folder.resolve(UNFINISHED));
      ops.force(folder);
    }
    LOG.info(
        "snapshot.created id={} scope={} bytes={} command={}",
        snapshot.id(),
        description.scope().word(),
        bytes,
        LogValue.of(occasion.command()));
    return snapshot;
  }

  static SortedMap<String, FileDigest> digests(Path folder) throws IOException {
    return TreeDigest.of(folder, SnapshotStore::isContent);
  }

  /// {@return whether an entry of a folder is something that was kept, and not about it}
  static boolean isContent(String name) {
    boolean temporary = name.startsWith("." + SnapshotJson.NAME) && name.endsWith(".tmp");
    return !name.equals(SnapshotJson.NAME) && !name.equals(UNFINISHED) && !temporary;
  }

  /// Removes the folder of a snapshot whose content was moved out of it. One that holds anything
  /// but its description, or links and directories around it, stays.
  public void removeEmptied(RunId id) throws IOException {
    Path folder = directory.resolve(id.value());
    if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS) && isEmptied(folder)) {
      ops.delete(folder);
      ops.force(directory);
    }
  }

  /// {@return whether a snapshot's folder holds nothing that was kept: at most its description, and
  /// empty directories around what was moved out}
  public boolean isEmptied(RunId id) throws IOException {
    return isEmptied(directory.resolve(id.value()));
  }

  private static boolean isEmptied(Path folder) throws IOException {
    for (Path entry : Listing.of(folder)) {
      String name = entry.getFileName().toString();
      if (isContent(name) && !isEmptyFrame(entry, name)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isEmptyFrame(Path entry, String name) throws IOException {
    if (!Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    List<Path> inside = Listing.of(entry);
    // The folder .palace of a palace whose entries are exchanged one by one is ours and stays.
    boolean onlyOurs =
        inside.size() == 1 && inside.getFirst().getFileName().toString().equals(".palace");
    return name.equals("segments") && inside.isEmpty()
        || name.equals(PALACE) && (inside.isEmpty() || onlyOurs);
  }

  /// {@return whether a folder without a description holds only a part of a copy, because the run
  /// that made it was interrupted; nothing was moved into it}
  public boolean isUnfinished(RunId id) {
    Path folder = directory.resolve(id.value());
    return Files.exists(folder.resolve(UNFINISHED), LinkOption.NOFOLLOW_LINKS)
        && !Files.exists(folder.resolve(SnapshotJson.NAME), LinkOption.NOFOLLOW_LINKS);
  }

  private void requireRoom(long needed) throws IOException {
    long free = DiskSpace.usable(directory);
    if (needed > free) {
      throw new PalaceException.Refused(
          "%s has %,d bytes free, the snapshot may need %,d; nothing was changed"
              .formatted(directory, free, needed),
          "make room there");
    }
  }

  private void discard(Path folder, Exception cause) {
    try {
      ops.delete(folder);
    } catch (IOException e) {
      LOG.warn("stage.leftover dir={} cause={}", LogValue.of(folder), LogValue.of(e));
      cause.addSuppressed(e);
    }
  }

  private Path begin(RunId run) throws PalaceException {
    try {
      Path folder = create(run);
      ops.writeNew(folder.resolve(UNFINISHED), new byte[0]);
      ops.force(folder);
      return folder;
    } catch (IOException e) {
      throw refused(run, e);
    }
  }

  private PalaceException.Refused refused(RunId run, IOException cause) {
    return new PalaceException.Refused(
        "cannot make the snapshot %s: %s; nothing was changed"
            .formatted(directory.resolve(run.value()), cause),
        "make room or give access there, then run it again",
        cause);
  }

  private Path create(RunId run) throws IOException {
    Path opsFolder = Objects.requireNonNull(directory.toAbsolutePath().getParent());
    for (Path folder : List.of(opsFolder, directory)) {
      if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
        ops.createDirectory(folder);
      }
    }
    Path folder = directory.resolve(run.value());
    ops.createDirectory(folder);
    return folder;
  }
}
