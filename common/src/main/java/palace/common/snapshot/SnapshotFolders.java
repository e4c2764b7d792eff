package palace.common.snapshot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.PalaceException;
import palace.common.RunId;
import palace.common.files.AtomicFile;
import palace.common.files.DiskSpace;
import palace.common.files.FileDigest;
import palace.common.files.FileOps;
import palace.common.files.Listing;
import palace.common.files.TreeDigest;
import palace.common.swap.LogValue;
import palace.common.swap.Occasion;

/// The folders of a catalogue, one for each run, from their making until their description is
/// durable, and again when their content has been moved out of them.
final class SnapshotFolders {
  private static final Logger LOG = LoggerFactory.getLogger(SnapshotStore.class);

  /// The folder in which a whole palace is kept.
  static final String PALACE = "palace";

  /// Stands in a folder as long as a copy is being made in it, so that what an interrupted run left
  /// there is known to be no more than a part of a copy.
  private static final String UNFINISHED = ".unfinished";

  private final FileOps ops;
  private final Path directory;

  /// The folders in a directory, which need not exist yet.
  SnapshotFolders(FileOps ops, Path directory) {
    this.ops = ops;
    this.directory = directory;
  }

  /// {@return where the folder of a run is, or would be}
  Path of(RunId run) {
    return directory.resolve(run.value());
  }

  /// Refuses where there is less room than a snapshot may need.
  void requireRoom(long needed) throws IOException {
    long free = DiskSpace.usable(directory);
    if (needed > free) {
      throw new PalaceException.Refused(
          "%s has %,d bytes free, the snapshot may need %,d; nothing was changed"
              .formatted(directory, free, needed),
          "make room there");
    }
  }

  /// Makes a folder in which a copy is to be made, and gives it.
  Path begin(RunId run) throws PalaceException {
    try {
      Path folder = create(run);
      ops.writeNew(folder.resolve(UNFINISHED), new byte[0]);
      ops.force(folder);
      return folder;
    } catch (IOException e) {
      throw refused(run, e);
    }
  }

  /// Makes the folder of a run, and gives it.
  Path create(RunId run) throws IOException {
    Path opsFolder = Objects.requireNonNull(directory.toAbsolutePath().getParent());
    for (Path folder : List.of(opsFolder, directory)) {
      if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
        ops.createDirectory(folder);
      }
    }
    Path folder = of(run);
    ops.createDirectory(folder);
    return folder;
  }

  /// {@return the refusal where a folder cannot be made}
  PalaceException.Refused refused(RunId run, IOException cause) {
    return new PalaceException.Refused(
        "cannot make the snapshot %s: %s; nothing was changed".formatted(of(run), cause),
        "make room or give access there, then run it again",
        cause);
  }

  /// What a `snapshot.json` says beyond the files.
  record Description(
      Occasion occasion,
      Snapshot.Scope scope,
      Optional<RunId> restored,
      Snapshot.Known known,
      SortedMap<String, String> segments) {}

  /// Describes what lies in a folder, hashing all of it, as [SnapshotJson] says.
  Snapshot seal(Path folder, Description description) throws IOException {
    return seal(folder, description, digests(folder));
  }

  /// Describes what lies in a folder and has been hashed.
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

  /// {@return the hashes of everything that is kept in a folder}
  static SortedMap<String, FileDigest> digests(Path folder) throws IOException {
    return TreeDigest.of(folder, SnapshotFolders::isContent);
  }

  /// {@return whether an entry of a folder is something that was kept, and not about it}
  static boolean isContent(String name) {
    boolean temporary = name.startsWith("." + SnapshotJson.NAME) && name.endsWith(".tmp");
    return !name.equals(SnapshotJson.NAME) && !name.equals(UNFINISHED) && !temporary;
  }

  /// Removes the folder of a snapshot whose content was moved out of it. One that holds anything
  /// but its description, or links and directories around it, stays.
  void removeEmptied(RunId id) throws IOException {
    Path folder = of(id);
    if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS) && isEmptied(folder)) {
      ops.delete(folder);
      ops.force(directory);
    }
  }

  /// {@return whether a snapshot's folder holds nothing that was kept: at most its description, and
  /// empty directories around what was moved out}
  boolean isEmptied(RunId id) throws IOException {
    return isEmptied(of(id));
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
  boolean isUnfinished(RunId id) {
    Path folder = of(id);
    return Files.exists(folder.resolve(UNFINISHED), LinkOption.NOFOLLOW_LINKS)
        && !Files.exists(folder.resolve(SnapshotJson.NAME), LinkOption.NOFOLLOW_LINKS);
  }

  /// Removes a folder that is not needed because of a failure.
  void discard(Path folder, Throwable cause) {
    try {
      ops.delete(folder);
    } catch (IOException e) {
      LOG.warn("stage.leftover dir={} cause={}", LogValue.of(folder), LogValue.of(e));
      cause.addSuppressed(e);
    }
  }
}
