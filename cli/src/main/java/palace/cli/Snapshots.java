package palace.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import palace.common.PalaceException;
import palace.common.RunId;
import palace.common.ShellWord;
import palace.common.snapshot.SnapshotEntry;
import palace.common.snapshot.SnapshotStore;
import palace.common.store.Palace;
import palace.common.swap.PalacePaths;

/// The kept states of one palace, which itself may be gone.
///
/// @param palace where the palace is or was
/// @param ops its ops folder
record Snapshots(Path palace, Path ops) {
  /// Names the palace in full, so that the commands shown can be typed anywhere.
  Snapshots {
    palace = palace.toAbsolutePath().normalize();
  }

  /// {@return the kept states of a palace}
  ///
  /// @throws PalaceException when neither a palace is there nor anything kept of one
  static Snapshots of(Path palace) throws IOException {
    Path parent = palace.toAbsolutePath().normalize().getParent();
    boolean known =
        parent != null
            && Files.isDirectory(parent)
            && Files.isDirectory(PalacePaths.opsOf(palace), LinkOption.NOFOLLOW_LINKS);
    return known
        ? new Snapshots(palace, PalacePaths.opsOf(palace))
        : new Snapshots(palace, PalacePaths.opsOf(Palace.locate(palace)));
  }

  /// {@return whether something is kept of a palace, wherever it is now}
  static boolean anyOf(Path palace) {
    try {
      return !of(palace).list().isEmpty();
    } catch (IOException e) {
      return false;
    }
  }

  SnapshotStore store() {
    return SnapshotStore.in(ops);
  }

  List<SnapshotEntry> list() throws IOException {
    return store().list();
  }

  Path folder(RunId id) {
    return ops.resolve("snapshots").resolve(id.value());
  }

  /// {@return the one with this id, which a person typed}
  SnapshotEntry find(String id) throws IOException {
    var found = RunId.isValid(id) ? store().find(new RunId(id)) : Optional.<SnapshotEntry>empty();
    return found.orElseThrow(() ->
        new PalaceException.Refused(
            "%s has no snapshot %s; nothing was changed".formatted(palace, id),
            "palace snapshot list " + ShellWord.quote(palace)));
  }

  /// {@return the command that puts one back}
  String wayBack(RunId id) {
    return "palace restore " + id + " " + ShellWord.quote(palace);
  }
}
