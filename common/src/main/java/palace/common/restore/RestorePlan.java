package palace.common.restore;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import palace.common.RunId;
import palace.common.snapshot.Snapshot;
import palace.common.snapshot.SnapshotDifference;

/// What a restore would do; making it writes nothing.
public sealed interface RestorePlan {
  /// {@return the palace, its real path}
  Path palace();

  /// {@return the id of the snapshot that was asked for}
  RunId id();

  /// The snapshot would be put back.
  ///
  /// @param palace the palace, its real path
  /// @param snapshot what would be put back
  /// @param damage how the snapshot's files differ from what they were; it is put back only when
  ///   this is empty
  /// @param palaceMissing whether there is no palace now, so that there is nothing to keep
  /// @param collections what every collection has now and had then
  /// @param unread why drawers could not be compared, when the palace or the snapshot cannot be
  ///   read
  /// @param segmentsChanged segments that a snapshot of the database alone shares with the palace
  ///   and that were written since
  /// @param neededBytes room that the restore needs
  /// @param freeBytes room there is
  record PutBack(
      Path palace,
      Snapshot snapshot,
      List<SnapshotDifference> damage,
      boolean palaceMissing,
      List<CollectionChange> collections,
      Optional<String> unread,
      List<String> segmentsChanged,
      long neededBytes,
      long freeBytes)
      implements RestorePlan {
    /// Keeps copies of the lists.
    public PutBack {
      damage = List.copyOf(damage);
      collections = List.copyOf(collections);
      segmentsChanged = List.copyOf(segmentsChanged);
    }

    @Override
    public RunId id() {
      return snapshot.id();
    }

    /// {@return whether every file of the snapshot is what it was}
    public boolean verified() {
      return damage.isEmpty();
    }

    /// {@return how many drawers would disappear}
    public long disappearing() {
      return collections.stream().mapToLong(change -> change.disappearing().size()).sum();
    }

    /// {@return how many drawers would have other content}
    public long changing() {
      return collections.stream().mapToLong(change -> change.changing().size()).sum();
    }
  }

  /// An earlier restore put this snapshot in place; there is nothing to do.
  ///
  /// @param palace the palace, its real path
  /// @param id the snapshot that was asked for
  /// @param by the snapshot that keeps what was there before; its id undoes that restore
  record AlreadyInPlace(Path palace, RunId id, RunId by) implements RestorePlan {}

  /// What a restore does to one collection.
  ///
  /// @param collection its name, in another than the default database with tenant and database
  /// @param drawersNow how many drawers it has
  /// @param drawersThen how many it had
  /// @param disappearing ids that the palace has and the snapshot has not
  /// @param returning ids that the snapshot has and the palace has not
  /// @param changing ids whose document, metadata or vector would be another
  record CollectionChange(
      String collection,
      long drawersNow,
      long drawersThen,
      List<String> disappearing,
      List<String> returning,
      List<String> changing) {
    /// Keeps copies of the lists.
    public CollectionChange {
      disappearing = List.copyOf(disappearing);
      returning = List.copyOf(returning);
      changing = List.copyOf(changing);
    }
  }
}
