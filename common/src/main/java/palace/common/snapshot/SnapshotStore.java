package palace.common.snapshot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.PalaceException;
import palace.common.RunId;
import palace.common.files.AtomicFile;
import palace.common.files.FileDigest;
import palace.common.files.FileOps;
import palace.common.files.Listing;
import palace.common.files.TreeDigest;
import palace.common.swap.LogValue;
import palace.common.swap.Occasion;
import palace.common.swap.PalacePaths;

/// The catalogue of kept states of one palace, in the ops folder under `snapshots/I/`:
/// `snapshot.json` beside `palace/`, or beside `chroma.sqlite3` and `segments/`.
public final class SnapshotStore {
  private static final Logger LOG = LoggerFactory.getLogger(SnapshotStore.class);

  private final FileOps ops;
  private final Path directory;

  SnapshotStore(FileOps ops, Path opsFolder) {
    this.ops = ops;
    this.directory = opsFolder.resolve("snapshots");
  }

  /// {@return the catalogue in an ops folder, which need not exist yet}
  public static SnapshotStore in(Path opsFolder) {
    return new SnapshotStore(FileOps.real(), opsFolder);
  }

  /// Files the aside of a finished swap: renames it to `snapshots/I/palace`, hashes it and writes
  /// `snapshot.json`. When this fails, the aside is whole under the one name or the other.
  public Snapshot fileAside(PalacePaths paths, Occasion occasion) throws IOException {
    Path folder = create(occasion.run());
    ops.rename(paths.aside(), folder.resolve("palace"));
    ops.force(folder);
    ops.force(paths.parent());
    return seal(folder, occasion, Snapshot.Scope.ASIDE, digests(folder));
  }

  /// Begins the snapshot that a repair needs before it changes anything. The folder is created
  /// exclusively, mode 0700; failing that the repair is refused.
  public DatabaseSnapshot beginDatabase(PalacePaths paths, Occasion occasion)
      throws IOException {
    try {
      return new DatabaseSnapshot(this, ops, paths, occasion, create(occasion.run()));
    } catch (IOException e) {
      throw new PalaceException.Refused(
          "cannot make the snapshot %s: %s; nothing was changed"
              .formatted(directory.resolve(occasion.run().value()), e),
          "make room or give access there, then run it again",
          e);
    }
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

  Snapshot seal(
      Path folder,
      Occasion occasion,
      Snapshot.Scope scope,
      SortedMap<String, FileDigest> files)
      throws IOException {
    long bytes = files.values().stream().mapToLong(FileDigest::size).sum();
    var snapshot =
        new Snapshot(
            occasion.run(),
            scope,
            occasion.command(),
            occasion.created(),
            occasion.toolVersion(),
            files,
            bytes);
    AtomicFile.write(ops, folder.resolve(SnapshotJson.NAME), SnapshotJson.write(snapshot));
    LOG.info(
        "snapshot.created id={} scope={} bytes={} command={}",
        snapshot.id(),
        scope.word(),
        bytes,
        LogValue.of(occasion.command()));
    return snapshot;
  }

  static SortedMap<String, FileDigest> digests(Path folder) throws IOException {
    return TreeDigest.of(folder, name -> !name.equals(SnapshotJson.NAME));
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
