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
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.RunId;
import palace.common.chroma.SourceDatabase;
import palace.common.files.FileOps;
import palace.common.files.Likeness;
import palace.common.files.Listing;
import palace.common.files.TreeSize;
import palace.common.store.PalaceLayout;
import palace.common.swap.Displaced;
import palace.common.swap.MoveJournal;
import palace.common.swap.Occasion;
import palace.common.swap.PalacePaths;

/// The catalogue of kept states of one palace, in the ops folder under `snapshots/I/`:
/// `snapshot.json` beside `palace/`, or beside `chroma.sqlite3` and `segments/`.
public final class SnapshotStore {
  private final FileOps ops;
  private final Path directory;
  private final SnapshotFolders folders;

  /// The catalogue in an ops folder, on that file system.
  public SnapshotStore(FileOps ops, Path opsFolder) {
    this.ops = ops;
    this.directory = opsFolder.resolve("snapshots");
    this.folders = new SnapshotFolders(ops, directory);
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

  /// As [#file(MoveJournal, PalacePaths, Snapshot.Known)], for the database that a repair
  /// displaced.
  ///
  /// @param added segments that the repair gave the palace, and that the kept database never had
  public Snapshot fileDatabase(MoveJournal journal, PalacePaths paths, Set<String> added)
      throws IOException {
    Occasion occasion = journal.occasion();
    Path folder = folders.of(occasion.run());
    SortedMap<String, String> marks = SegmentMarks.of(paths.palace());
    marks.keySet().removeAll(added);
    Snapshot snapshot =
        SnapshotJson.read(folder) instanceof SnapshotEntry.Kept kept
            ? kept.snapshot()
            : folders.seal(
                folder,
                new SnapshotFolders.Description(
                    occasion,
                    Snapshot.Scope.DATABASE,
                    Optional.empty(),
                    Snapshot.Known.NOTHING,
                    marks));
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
      Path folder = folders.create(run);
      ops.createDirectory(
          folder.resolve(scope == Snapshot.Scope.DATABASE ? "segments" : SnapshotFolders.PALACE));
      return folder;
    } catch (IOException e) {
      throw folders.refused(run, e);
    }
  }

  /// As [#file(Displaced, Snapshot.Known)], where no journal says what the run did.
  public Snapshot file(
      PalacePaths paths, Occasion occasion, Optional<RunId> restored, Snapshot.Known known)
      throws IOException {
    Path folder = folders.of(occasion.run());
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      folder = folders.create(occasion.run());
    }
    if (Files.isDirectory(paths.aside(), LinkOption.NOFOLLOW_LINKS)) {
      Path place = folder.resolve(SnapshotFolders.PALACE);
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
    boolean whole =
        Files.isDirectory(folder.resolve(SnapshotFolders.PALACE), LinkOption.NOFOLLOW_LINKS);
    var scope = whole ? Snapshot.Scope.ASIDE : Snapshot.Scope.DATABASE;
    SortedMap<String, String> marks = whole ? new TreeMap<>() : SegmentMarks.of(palace);
    return folders.seal(
        folder, new SnapshotFolders.Description(occasion, scope, restored, known, marks));
  }

  /// Copies the whole palace into a new snapshot; the palace stays where it is and is only read.
  /// The caller holds the lock, so that nobody writes meanwhile; a file that changes under the copy
  /// is a failure. Whatever fails, no part of the snapshot is left.
  ///
  /// @throws PalaceException.Refused when there is not enough room or the folder cannot be made
  public Snapshot createFull(PalacePaths paths, Occasion occasion, Progress progress)
      throws IOException {
    folders.requireRoom(TreeSize.of(paths.palace()).allocatedBytes());
    Path folder = folders.begin(occasion.run());
    try {
      Path copy = folder.resolve(SnapshotFolders.PALACE);
      new FullCopy(ops, paths.palace(), copy, progress).make();
      var known = known(PalaceLayout.of(copy), progress);
      ops.force(folder);
      return folders.seal(
          folder,
          new SnapshotFolders.Description(
              occasion, Snapshot.Scope.FULL, Optional.empty(), known, new TreeMap<>()));
    } catch (IOException | RuntimeException e) {
      folders.discard(folder, e);
      throw e;
    }
  }

  /// Copies the database alone into a new snapshot, through SQLite; the palace is only read.
  /// Whatever fails, no part of the snapshot is left.
  ///
  /// @throws PalaceException.Refused when there is not enough room or the folder cannot be made
  public Snapshot createDatabase(PalacePaths paths, Occasion occasion, Progress progress)
      throws IOException {
    Path database = paths.palace().resolve(PalaceLayout.DATABASE);
    folders.requireRoom(TreeSize.of(database).allocatedBytes());
    Path folder = folders.begin(occasion.run());
    try {
      Path copy = folder.resolve(PalaceLayout.DATABASE);
      try (SourceDatabase source = SourceDatabase.open(database)) {
        source.database().backUpTo(copy);
      }
      Likeness.carryAccess(database, copy);
      ops.force(copy);
      ops.force(folder);
      var known = known(SnapshotLayout.of(paths.palace(), folder), progress);
      var marks = SegmentMarks.of(paths.palace());
      return folders.seal(
          folder,
          new SnapshotFolders.Description(
              occasion, Snapshot.Scope.DATABASE, Optional.empty(), known, marks));
    } catch (IOException | RuntimeException e) {
      folders.discard(folder, e);
      throw e;
    }
  }

  private static Snapshot.Known known(PalaceLayout copy, Progress progress) throws IOException {
    try (var step = progress.start("reading the copy back", 1, "copies")) {
      Snapshot.Known known = KnownContents.of(copy);
      step.advance(1);
      return known;
    }
  }

  /// Begins the snapshot that a repair needs before it changes anything. The folder is created
  /// exclusively, mode 0700; failing that the repair is refused.
  public DatabaseSnapshot beginDatabase(PalacePaths paths, Occasion occasion) throws IOException {
    return new DatabaseSnapshot(folders, ops, paths, occasion, folders.begin(occasion.run()));
  }

  /// {@return the snapshot that an interrupted repair had begun, or empty when its folder is gone}
  public Optional<DatabaseSnapshot> resumeDatabase(PalacePaths paths, Occasion occasion) {
    return find(occasion.run())
        .map(entry -> {
          var begun = new DatabaseSnapshot(folders, ops, paths, occasion, entry.directory());
          return entry instanceof SnapshotEntry.Kept kept
              ? begun.described(kept.snapshot())
              : begun;
        });
  }

  /// {@return the snapshot with this id, or empty when the catalogue has no such folder}
  public Optional<SnapshotEntry> find(RunId id) {
    Path folder = folders.of(id);
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
          SnapshotDifference.between(
              kept.snapshot().files(), SnapshotFolders.digests(kept.directory()));
    };
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

  /// Removes the folder of a snapshot whose content was moved out of it. One that holds anything
  /// but its description, or links and directories around it, stays.
  public void removeEmptied(RunId id) throws IOException {
    folders.removeEmptied(id);
  }

  /// {@return whether a snapshot's folder holds nothing that was kept: at most its description, and
  /// empty directories around what was moved out}
  public boolean isEmptied(RunId id) throws IOException {
    return folders.isEmptied(id);
  }

  /// {@return whether a folder without a description holds only a part of a copy, because the run
  /// that made it was interrupted; nothing was moved into it}
  public boolean isUnfinished(RunId id) {
    return folders.isUnfinished(id);
  }
}
