package palace.common.restore;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import palace.common.PalaceException;
import palace.common.RunId;
import palace.common.files.FileOps;
import palace.common.files.Identity;
import palace.common.files.Listing;
import palace.common.snapshot.Snapshot;
import palace.common.snapshot.SnapshotEntry;
import palace.common.snapshot.SnapshotStore;
import palace.common.store.CompanionSeparation;
import palace.common.store.PalaceLayout;
import palace.common.swap.Occasion;
import palace.common.swap.PalacePaths;
import palace.common.swap.Seal;

/// Settles what lies beside a palace by the directory listing alone, because a journal can be lost.
///
/// An aside whose seal names its own run is a build that had not been exchanged yet. Every other
/// aside is a tree that was a palace: it goes back where nothing stands at the palace's path, back
/// into the snapshot that it was taken from, or becomes the snapshot of its run.
final class LostJournal {
  private final FileOps ops;
  private final Path palace;
  private final Path opsFolder;
  private final SnapshotStore store;
  private final Ledger ledger;

  LostJournal(FileOps ops, Path palace, Path opsFolder, Ledger ledger) {
    this.ops = ops;
    this.palace = palace;
    this.opsFolder = opsFolder;
    this.ledger = ledger;
    store = new SnapshotStore(ops, opsFolder);
  }

  void settle() throws IOException {
    if (isMissing(palace)) {
      putSomethingBack(Surroundings.of(palace, opsFolder));
    }
    var left = Surroundings.of(palace, opsFolder);
    if (isMissing(palace)) {
      left.builds()
          .forEach((path, run) ->
              ledger.warn(
                  "%s is an unfinished build and was kept, because there is no palace at %s"
                      .formatted(path, palace)));
      return;
    }
    new LostEntries(ops, palace, opsFolder, ledger).settle();
    for (Map.Entry<String, Path> aside : left.asides().entrySet()) {
      settleAside(new RunId(aside.getKey()), aside.getValue());
    }
    left.builds().keySet().forEach(path -> discard(path, "the unfinished build"));
    left.work().forEach(path -> discard(path, "the unfinished"));
    discardFolder();
    settleSnapshots();
  }

  /// The newest tree that was a palace, else a complete one that was to become it.
  private void putSomethingBack(Surroundings found) throws IOException {
    for (Map.Entry<String, Path> aside : found.asides().entrySet()) {
      if (!isSealedBy(aside.getValue(), aside.getKey()) && origin(aside.getValue()).isEmpty()) {
        move(aside.getValue(), palace);
        ledger.settled(
            new RunId(aside.getKey()),
            "back",
            "the palace was put back from %s".formatted(aside.getValue()));
        return;
      }
    }
    for (Map.Entry<Path, RunId> build : candidates(found)) {
      if (isComplete(build.getKey(), build.getValue().value())) {
        move(build.getKey(), palace);
        ledger.settled(
            build.getValue(),
            "forward",
            "there was no palace, so the complete new one was put in place from %s"
                .formatted(build.getKey()));
        return;
      }
    }
  }

  private static List<Map.Entry<Path, RunId>> candidates(Surroundings found) {
    var candidates = new ArrayList<Map.Entry<Path, RunId>>();
    found.asides().forEach((run, path) -> candidates.add(Map.entry(path, new RunId(run))));
    candidates.addAll(found.builds().entrySet());
    candidates.sort(
        java.util.Comparator.comparing((Map.Entry<Path, RunId> entry) -> entry.getValue().value())
            .reversed());
    return candidates;
  }

  private void settleAside(RunId run, Path aside) throws IOException {
    if (isSealedBy(aside, run.value())) {
      discard(aside, "the new palace that had not taken its place,");
      return;
    }
    Optional<Path> origin = origin(aside);
    if (origin.isPresent()) {
      move(aside, origin.get());
      ledger.settled(
          run,
          "back",
          "the snapshot %s, which was being restored, is whole again"
              .formatted(Objects.requireNonNull(origin.get().getParent()).getFileName()));
      return;
    }
    var paths = new PalacePaths(palace, run, opsFolder, isInside(aside));
    CompanionSeparation.separate(ops, aside, palace, paths.incoming());
    store.file(paths, unknown(run), Optional.empty(), Snapshot.Known.NOTHING);
    ledger.settled(
        run,
        "forward",
        "the palace from before run %s was filed as snapshot %s".formatted(run, run));
  }

  private boolean isInside(Path aside) {
    return aside.startsWith(palace);
  }

  /// {@return where in a snapshot a tree was taken from: a description without its palace, which
  /// lists just these files with these sizes}
  private Optional<Path> origin(Path tree) throws IOException {
    for (SnapshotEntry entry : store.list()) {
      if (entry instanceof SnapshotEntry.Kept(Path directory, Snapshot snapshot)) {
        Path place = directory.resolve("palace");
        boolean emptied = snapshot.scope() == Snapshot.Scope.ASIDE && Identity.of(place).isEmpty();
        if (emptied && SnapshotTree.isLike(tree, snapshot.files())) {
          return Optional.of(place);
        }
      }
    }
    return Optional.empty();
  }

  private static boolean isSealedBy(Path tree, String run) throws IOException {
    return Seal.read(tree).filter(seal -> seal.origin().run().equals(run)).isPresent();
  }

  private static boolean isComplete(Path tree, String run) throws IOException {
    Optional<Seal> seal = Seal.read(tree).filter(found -> found.origin().run().equals(run));
    return seal.isPresent() && seal.get().verify(tree).isEmpty();
  }

  private void settleSnapshots() throws IOException {
    for (SnapshotEntry entry : store.list()) {
      switch (entry) {
        case SnapshotEntry.Kept kept -> settleEmptied(kept);
        case SnapshotEntry.Damaged damaged -> settleUndescribed(damaged.directory());
      }
    }
  }

  /// The tree of a snapshot is in place already, only its folder is left.
  private void settleEmptied(SnapshotEntry.Kept kept) throws IOException {
    boolean emptied =
        kept.snapshot().scope() == Snapshot.Scope.ASIDE
            && Identity.of(kept.directory().resolve("palace")).isEmpty();
    if (emptied && SnapshotTree.isLike(palace, kept.snapshot().files())) {
      store.removeEmptied(kept.snapshot().id());
      ledger.settled(
          kept.snapshot().id(),
          "forward",
          "snapshot %s is in place and is no longer listed".formatted(kept.snapshot().id()));
    }
  }

  private void settleUndescribed(Path folder) throws IOException {
    if (Files.exists(folder.resolve("snapshot.json"), NOFOLLOW_LINKS)) {
      return;
    }
    var run = new RunId(folder.getFileName().toString());
    if (store.isUnfinished(run)) {
      discard(folder, "the unfinished snapshot");
    } else if (store.isEmptied(run)) {
      discard(folder, "the empty snapshot");
    } else if (holdsAState(folder)) {
      requireDatabase(folder);
      store.describe(palace, folder, unknown(run), Optional.empty(), Snapshot.Known.NOTHING);
      ledger.settled(
          run, "forward", "snapshot %s, which had no description, has one now".formatted(run));
    } else {
      ledger.warn("%s has no description and is kept as it is".formatted(folder));
    }
  }

  private static boolean holdsAState(Path folder) {
    return Files.isDirectory(folder.resolve("palace"), NOFOLLOW_LINKS)
        || Files.isRegularFile(folder.resolve(PalaceLayout.DATABASE), NOFOLLOW_LINKS);
  }

  /// What lies in a folder without a description was moved there. If the database was, and no other
  /// came in its place, entries are between the two and only a journal could say which.
  private void requireDatabase(Path folder) throws IOException {
    if (Identity.of(palace.resolve(PalaceLayout.DATABASE)).isEmpty()) {
      throw new PalaceException.PersonNeeded(
          "%s has no %s, the last one known was moved to %s, and the journal of that run is lost; nothing was changed"
              .formatted(palace, PalaceLayout.DATABASE, folder),
          "move the entries of that folder back into the palace, then run palace doctor",
          new FileSystemException(folder.toString(), null, "no journal"));
    }
  }

  private void discardFolder() throws IOException {
    Path folder = palace.resolve(".palace");
    if (Files.isDirectory(folder, NOFOLLOW_LINKS) && Listing.of(folder).isEmpty()) {
      discard(folder, "the empty folder");
    }
  }

  private void discard(Path path, String what) {
    try {
      ops.delete(path);
      ops.force(Objects.requireNonNull(path.getParent()));
      ledger.did("%s %s was deleted".formatted(what, path));
    } catch (IOException e) {
      ledger.leftover(path, e);
    }
  }

  private void move(Path from, Path to) throws IOException {
    if (Files.isDirectory(to, NOFOLLOW_LINKS)) {
      ops.delete(to);
    }
    ops.rename(from, to);
    ops.force(Objects.requireNonNull(to.getParent()));
    ops.force(Objects.requireNonNull(from.getParent()));
  }

  private static Occasion unknown(RunId run) {
    return new Occasion(run, "unknown", startOf(run), "unknown");
  }

  /// A run id begins with the UTC time of its run.
  private static Instant startOf(RunId run) {
    String digits = run.value().replaceAll("-.*", "").replaceAll("\\D", "");
    return Instant.parse(
        "%s-%s-%sT%s:%s:%sZ"
            .formatted(
                digits.substring(0, 4),
                digits.substring(4, 6),
                digits.substring(6, 8),
                digits.substring(8, 10),
                digits.substring(10, 12),
                digits.substring(12, 14)));
  }

  static boolean isMissing(Path palace) throws IOException {
    return Identity.of(palace).isEmpty()
        || Files.isDirectory(palace, NOFOLLOW_LINKS) && Listing.of(palace).isEmpty();
  }
}
