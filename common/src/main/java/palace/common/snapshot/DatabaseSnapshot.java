package palace.common.snapshot;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.PalaceException;
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
/// anything, and again after it retired segments.
public final class DatabaseSnapshot {
  private static final Logger LOG = LoggerFactory.getLogger(DatabaseSnapshot.class);
  private static final String DATABASE = "chroma.sqlite3";
  private static final List<String> SIDECARS = List.of("-wal", "-shm", "-journal");

  private final SnapshotStore store;
  private final FileOps ops;
  private final PalacePaths paths;
  private final Occasion occasion;
  private final Path folder;
  private final SortedMap<String, FileDigest> hashed = new TreeMap<>();
  private final SortedMap<String, String> marks = new TreeMap<>();

  DatabaseSnapshot(
      SnapshotStore store,
      FileOps ops,
      PalacePaths paths,
      Occasion occasion,
      Path folder) {
    this.store = store;
    this.ops = ops;
    this.paths = paths;
    this.occasion = occasion;
    this.folder = folder;
  }

  /// {@return where the copy of the database belongs; nothing is there yet}
  public Path database() {
    return folder.resolve(DATABASE);
  }

  /// Moves a segment directory, a real directory directly in the palace, into the snapshot. It is
  /// never deleted.
  public void retire(Path segment) throws IOException {
    boolean direct = paths.palace().equals(segment.toAbsolutePath().getParent());
    if (!direct || !Files.isDirectory(segment, NOFOLLOW_LINKS)) {
      throw new IllegalArgumentException("not a directory of the palace: " + segment);
    }
    Path retired = segments();
    if (!Files.isDirectory(retired, NOFOLLOW_LINKS)) {
      ops.createDirectory(retired);
    }
    move(segment, retired.resolve(segment.getFileName()));
  }

  /// Moves every retired segment back into the palace. A name that is taken there again is an
  /// error, after which the others are still in the snapshot.
  public void restoreRetired() throws IOException {
    if (Files.isDirectory(segments(), NOFOLLOW_LINKS)) {
      for (Path segment : Listing.of(segments())) {
        move(segment, paths.palace().resolve(segment.getFileName()));
        hashed
            .keySet()
            .removeIf(name -> name.startsWith("segments/" + segment.getFileName() + "/"));
      }
    }
  }

  /// Puts back everything that a failed repair may have changed: the database, checked against the
  /// hash taken by [#seal()], and the retired segments.
  ///
  /// The copy is flushed beside the database before SQLite's `-wal`, `-shm` and `-journal` are
  /// removed, and renamed over it after that: a leftover `-wal` would be replayed into the restored
  /// database. Whatever fails, the snapshot keeps its copy; the exception then has the repair's
  /// failure as cause and the second one suppressed.
  public void restore(Throwable cause) throws PalaceException.PersonNeeded {
    LOG.warn("rollback.start snapshot={} cause={}", occasion.run(), LogValue.of(cause));
    try {
      restoreDatabase();
      restoreRetired();
    } catch (IOException | RuntimeException second) {
      throw personNeeded(cause, second);
    }
    LOG.info("rollback.done snapshot={} verified=sha256", occasion.run());
  }

  private void restoreDatabase() throws IOException {
    Path live = paths.palace().resolve(DATABASE);
    Path incoming = paths.palace().resolve("." + DATABASE + "-" + occasion.run());
    ops.copyTree(database(), incoming);
    try {
      requireSealed(incoming);
      if (Files.exists(live, NOFOLLOW_LINKS)) {
        Likeness.carryAccess(live, incoming);
      }
      for (String suffix : SIDECARS) {
        ops.delete(live.resolveSibling(DATABASE + suffix));
      }
      ops.force(paths.palace());
      ops.rename(incoming, live);
    } catch (IOException | RuntimeException e) {
      discard(incoming, e);
      throw e;
    }
    ops.force(paths.palace());
    LOG.info(
        "sqlite.restored from={} sidecars-removed={}", LogValue.of(database()), SIDECARS.size());
  }

  private void requireSealed(Path copy) throws IOException {
    var sealed = hashed.get(DATABASE);
    if (sealed == null) {
      throw new IllegalStateException("not sealed before the repair: " + folder);
    }
    var found = TreeDigest.ofFile(copy);
    if (!sealed.equals(found)) {
      throw new FileSystemException(
          database().toString(), null, "is %s, sealed was %s".formatted(found, sealed));
    }
  }

  private void discard(Path incoming, Exception cause) {
    try {
      ops.delete(incoming);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private PalaceException.PersonNeeded personNeeded(Throwable cause, Exception second) {
    LOG.error(
        "CRITICAL rollback.failed snapshot={} original-at={} partial-at={} cause={}",
        occasion.run(),
        LogValue.of(folder),
        LogValue.of(paths.palace()),
        LogValue.of(cause));
    var person =
        new PalaceException.PersonNeeded(
            "the repair of %s failed and could not be undone (%s); its state before is in %s"
                .formatted(paths.palace(), second.getMessage(), folder),
            "palace restore " + occasion.run(),
            cause);
    person.addSuppressed(second);
    return person;
  }

  /// Flushes what is in the snapshot, hashes what was not hashed yet, and writes `snapshot.json`.
  public Snapshot seal() throws IOException {
    if (Files.isRegularFile(database(), NOFOLLOW_LINKS)) {
      ops.force(database());
    }
    ops.force(folder);
    hashed.putAll(
        TreeDigest.of(
            folder, name -> SnapshotStore.isContent(name) && !hashed.containsKey(name)));
    if (marks.isEmpty()) {
      marks.putAll(SegmentMarks.of(paths.palace()));
    }
    return store.seal(
        folder,
        new SnapshotStore.Description(
            occasion,
            Snapshot.Scope.DATABASE,
            Optional.empty(),
            Snapshot.Known.NOTHING,
            marks),
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

  private void move(Path from, Path to) throws IOException {
    if (Files.exists(to, NOFOLLOW_LINKS)) {
      throw new FileAlreadyExistsException(from.toString(), to.toString(), "the name is taken");
    }
    try {
      ops.rename(from, to);
    } catch (AtomicMoveNotSupportedException e) {
      throw new PalaceException.Refused(
          "cannot move %s to %s: they are on different file systems".formatted(from, to),
          "give the palace and its .ops folder one file system",
          e);
    }
    ops.force(Objects.requireNonNull(to.getParent()));
    ops.force(Objects.requireNonNull(from.getParent()));
  }
}
