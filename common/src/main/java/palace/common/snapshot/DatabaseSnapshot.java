package palace.common.snapshot;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.files.FileDigest;
import palace.common.files.FileOps;
import palace.common.files.Likeness;
import palace.common.files.Listing;
import palace.common.files.TreeDigest;
import palace.common.swap.LogValue;
import palace.common.swap.Occasion;
import palace.common.swap.PalacePaths;

/// The snapshot of one repair: the database as it was, and the segment directories that the repair
/// replaced.
///
/// The caller fills [#database()] with SQLite's backup API, calls [#seal()] before it changes
/// anything, and again after it moved replaced segments into `segments/`.
public final class DatabaseSnapshot {
  private static final Logger LOG = LoggerFactory.getLogger(DatabaseSnapshot.class);
  private static final String DATABASE = "chroma.sqlite3";
  private static final List<String> SIDECARS = List.of("-wal", "-shm", "-journal");

  private final SnapshotFolders folders;
  private final FileOps ops;
  private final PalacePaths paths;
  private final Occasion occasion;
  private final Path folder;
  private final SortedMap<String, FileDigest> hashed = new TreeMap<>();
  private final SortedMap<String, String> marks = new TreeMap<>();

  DatabaseSnapshot(
      SnapshotFolders folders, FileOps ops, PalacePaths paths, Occasion occasion, Path folder) {
    this.folders = folders;
    this.ops = ops;
    this.paths = paths;
    this.occasion = occasion;
    this.folder = folder;
  }

  /// Goes on with what an interrupted run had described.
  DatabaseSnapshot described(Snapshot snapshot) {
    hashed.putAll(snapshot.files());
    marks.putAll(snapshot.segments());
    return this;
  }

  /// {@return where the copy of the database belongs; nothing is there yet}
  public Path database() {
    return folder.resolve(DATABASE);
  }

  /// Moves the copy to the place of the database as it is now, by one rename, which needs no space
  /// on the disk: this is how a repair is taken back after its transaction. The snapshot has no
  /// database after it.
  ///
  /// Before anything is changed the copy is checked against the hash taken by [#seal()]. SQLite's
  /// `-wal`, `-shm` and `-journal` are removed, because a leftover one would be replayed into the
  /// copy; so nothing that counts may be left in them.
  public void putBack() throws IOException {
    Path live = paths.palace().resolve(DATABASE);
    requireSealed(database());
    if (Files.exists(live, NOFOLLOW_LINKS)) {
      Likeness.carryAccess(live, database());
    }
    ops.force(database());
    for (String suffix : SIDECARS) {
      ops.delete(live.resolveSibling(DATABASE + suffix));
    }
    ops.force(paths.palace());
    ops.rename(database(), live);
    ops.force(paths.palace());
    ops.force(folder);
    LOG.info("sqlite.restored from={} sidecars-removed={}", LogValue.of(folder), SIDECARS.size());
  }

  private void requireSealed(Path copy) throws IOException {
    var sealed = hashed.get(DATABASE);
    if (sealed == null) {
      throw new FileSystemException(folder.toString(), null, "has no hash of " + DATABASE);
    }
    var found = TreeDigest.ofFile(copy);
    if (!sealed.equals(found)) {
      throw new FileSystemException(
          database().toString(), null, "is %s, sealed was %s".formatted(found, sealed));
    }
  }

  /// Flushes what is in the snapshot, hashes what was not hashed yet, and writes `snapshot.json`.
  public Snapshot seal() throws IOException {
    if (Files.isRegularFile(database(), NOFOLLOW_LINKS)) {
      ops.force(database());
    }
    ops.force(folder);
    hashed.putAll(
        TreeDigest.of(
            folder, name -> SnapshotFolders.isContent(name) && !hashed.containsKey(name)));
    if (marks.isEmpty()) {
      marks.putAll(SegmentMarks.of(paths.palace()));
    }
    return folders.seal(
        folder,
        new SnapshotFolders.Description(
            occasion, Snapshot.Scope.DATABASE, Optional.empty(), Snapshot.Known.NOTHING, marks),
        hashed);
  }

  /// Deletes a snapshot that nobody needs because nothing was changed; refuses once segments were
  /// retired into it.
  public void discard() throws IOException {
    if (Files.isDirectory(segments(), NOFOLLOW_LINKS) && !Listing.of(segments()).isEmpty()) {
      throw new IllegalStateException("holds retired segments: " + folder);
    }
    ops.delete(folder);
  }

  private Path segments() {
    return folder.resolve("segments");
  }
}
