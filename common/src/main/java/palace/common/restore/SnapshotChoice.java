package palace.common.restore;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import palace.common.PalaceException;
import palace.common.RunId;
import palace.common.snapshot.Snapshot;
import palace.common.snapshot.SnapshotEntry;
import palace.common.snapshot.SnapshotStore;

/// What is there for an id that a person named.
sealed interface SnapshotChoice {
  /// The snapshot.
  record There(SnapshotEntry.Kept kept) implements SnapshotChoice {}

  /// It was put back before and is the palace now; `by` keeps what was there until then.
  record InPlace(RunId by) implements SnapshotChoice {}

  /// {@return the id in a text}
  static RunId idOf(String text) throws PalaceException {
    if (!RunId.isValid(text)) {
      throw new PalaceException.Refused(
          "%s is not the id of a snapshot: expected the like of 20261121T034700Z-1a2b3c; nothing was changed"
              .formatted(text),
          "palace snapshot list");
    }
    return new RunId(text);
  }

  /// {@return what there is}
  ///
  /// @throws PalaceException.Refused when there is nothing to put back
  static SnapshotChoice of(SnapshotStore store, RunId id) throws IOException {
    Optional<SnapshotEntry> found = store.find(id);
    if (found.isEmpty()) {
      return inPlace(store, id);
    }
    return switch (found.get()) {
      case SnapshotEntry.Kept kept -> new There(kept);
      case SnapshotEntry.Damaged damaged ->
          throw new PalaceException.Refused(
              "snapshot %s is damaged: %s in %s; nothing was changed"
                  .formatted(id, damaged.reason(), damaged.directory()),
              "choose another one: palace snapshot list");
    };
  }

  private static SnapshotChoice inPlace(SnapshotStore store, RunId id) throws IOException {
    List<Snapshot> kept =
        store.list().stream()
            .filter(SnapshotEntry.Kept.class::isInstance)
            .map(entry -> ((SnapshotEntry.Kept) entry).snapshot())
            .toList();
    // The newest first: what was displaced after the restore comes before what the restore did.
    Optional<Snapshot> later = Optional.empty();
    for (Snapshot snapshot : kept) {
      if (snapshot.restored().filter(id::equals).isPresent()) {
        return later.isEmpty() ? new InPlace(snapshot.id()) : changedSince(id, later.get());
      }
      if (!snapshot.command().startsWith("snapshot")) {
        later = Optional.of(snapshot);
      }
    }
    throw new PalaceException.Refused(
        "there is no snapshot %s; nothing was changed".formatted(id), "palace snapshot list");
  }

  private static SnapshotChoice changedSince(RunId id, Snapshot later)
      throws PalaceException.Refused {
    throw new PalaceException.Refused(
        "snapshot %s was put back before, and the palace was changed since by %s; what it became is in snapshot %s; nothing was changed"
            .formatted(id, later.command(), later.id()),
        "palace restore " + later.id());
  }
}
