package palace.repair;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import palace.common.PalaceException;
import palace.common.ShellWord;
import palace.common.files.FileOps;
import palace.common.files.Listing;
import palace.common.snapshot.DatabaseSnapshot;
import palace.common.store.PalaceLayout;
import palace.common.swap.PalacePaths;

/// What a repair has done so far outside its transaction, and how to take it back.
final class Undo {
  private final FileOps ops;
  private final PalacePaths paths;
  private final DatabaseSnapshot snapshot;
  private final Path dotFolder;
  private final Path workFolder;
  private final boolean madeDotFolder;
  private final NeedsEmbedding needsEmbedding;
  private final List<Path> placed = new ArrayList<>();
  private final List<Path> retired = new ArrayList<>();
  private boolean databaseTouched;

  Undo(FileOps ops, PalacePaths paths, DatabaseSnapshot snapshot) {
    this.ops = ops;
    this.paths = paths;
    this.snapshot = snapshot;
    dotFolder = paths.palace().resolve(".palace");
    workFolder = dotFolder.resolve("repair-" + paths.run());
    madeDotFolder = !Files.isDirectory(dotFolder, LinkOption.NOFOLLOW_LINKS);
    needsEmbedding = new NeedsEmbedding(ops, dotFolder);
  }

  /// {@return the folder in which fresh indexes are written; it exists}
  Path workFolder() throws IOException {
    for (Path folder : List.of(dotFolder, workFolder)) {
      if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
        ops.createDirectory(folder);
      }
    }
    return workFolder;
  }

  NeedsEmbedding needsEmbedding() {
    return needsEmbedding;
  }

  /// Keeps the text of drawers that are about to leave their collection.
  void keepText(NewIndex index) throws IOException {
    if (!index.lost().isEmpty()) {
      needsEmbedding.add(index.facts().row().label(), index.lost());
    }
  }

  /// Gives a fresh index the name under which its segment will look for it.
  void place(NewIndex index) throws IOException {
    if (index.written().exists()) {
      Path place = paths.palace().resolve(index.segmentId());
      if (Files.exists(place, LinkOption.NOFOLLOW_LINKS)) {
        throw new FileAlreadyExistsException(place.toString());
      }
      placed.add(place);
      ops.rename(index.built(), place);
      ops.force(paths.palace());
    }
  }

  /// Says that the database is about to change for good.
  void touchDatabase() {
    databaseTouched = true;
  }

  /// Moves a replaced segment directory into the snapshot.
  void retire(Path segment) throws IOException {
    snapshot.retire(segment);
    retired.add(segment);
  }

  /// Removes the folder in which indexes were written, and the one around it if nothing else came
  /// into it.
  void removeWorkFolder() throws IOException {
    if (Files.isDirectory(workFolder, LinkOption.NOFOLLOW_LINKS)) {
      ops.delete(workFolder);
    }
    if (madeDotFolder
        && Files.isDirectory(dotFolder, LinkOption.NOFOLLOW_LINKS)
        && Listing.of(dotFolder).isEmpty()) {
      ops.delete(dotFolder);
    }
  }

  /// Puts the palace back as it was before the repair.
  ///
  /// @throws PalaceException.PersonNeeded when that fails
  void everything(Throwable cause) throws PalaceException.PersonNeeded {
    try {
      snapshot.restoreRetired();
      if (databaseTouched) {
        CopyOver.replace(ops, snapshot.database(), paths.palace().resolve(PalaceLayout.DATABASE));
      }
      for (Path directory : placed) {
        if (Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
          ops.delete(directory);
        }
      }
      needsEmbedding.undo();
      removeWorkFolder();
      snapshot.discard();
    } catch (IOException | RuntimeException e) {
      cause.addSuppressed(e);
      throw new PalaceException.PersonNeeded(
          "the repair of %s failed (%s) and could not be undone (%s); the state before it is in %s"
              .formatted(paths.palace(), cause.getMessage(), e.getMessage(), paths.snapshot()),
          String.join(" && ", commands()),
          cause);
    }
  }

  private String sidecar(String suffix) {
    return ShellWord.quote(paths.palace().resolve(PalaceLayout.DATABASE + suffix));
  }

  /// {@return commands for a shell that put the palace back as it was}
  List<String> commands() {
    var commands = new ArrayList<String>();
    String database = ShellWord.quote(paths.palace().resolve(PalaceLayout.DATABASE));
    commands.add("rm -f %s %s %s".formatted(sidecar("-journal"), sidecar("-wal"), sidecar("-shm")));
    commands.add("cp %s %s".formatted(ShellWord.quote(snapshot.database()), database));
    for (Path directory : placed) {
      commands.add("rm -r %s".formatted(ShellWord.quote(directory)));
    }
    for (Path segment : retired) {
      Path kept = paths.snapshot().resolve("segments").resolve(segment.getFileName());
      commands.add("mv %s %s".formatted(ShellWord.quote(kept), ShellWord.quote(segment)));
    }
    return commands;
  }
}
