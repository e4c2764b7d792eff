package palace.repair;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.RunId;
import palace.common.chroma.SourceDatabase;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.DirectoryFinding;
import palace.common.doctor.Doctor;
import palace.common.doctor.Finding;
import palace.common.files.FileOps;
import palace.common.files.Listing;
import palace.common.snapshot.FullCopy;
import palace.common.snapshot.Snapshot;
import palace.common.snapshot.SnapshotStore;
import palace.common.sources.Copies;
import palace.common.sources.OpenCopy;
import palace.common.sources.Source;
import palace.common.sources.UnfinishedSwap;
import palace.common.store.PalaceLayout;
import palace.common.swap.LogValue;
import palace.common.swap.MoveJournal;
import palace.common.swap.Occasion;
import palace.common.swap.PalacePaths;
import palace.common.swap.PalaceSwap;
import palace.common.swap.Seal;

/// A place where a palace should be and none is, or a part of one, because another tool moved it
/// away and was interrupted before the new one was there. A copy of what it left goes to the place;
/// what it left stays as it is.
///
/// ```
/// D/N.build-I/        the copy while it is made, durable before anything of it is moved
/// D/N                 absent: the copy gets this name by one rename
/// D/N/*               there, without a database: what it lacks is moved in, the database last
///                     there, with a part of one: exchanged for the copy, kept as a snapshot
/// ```
///
/// An interruption leaves the place as it was, or without a palace, and a build that the next run
/// takes for what it is.
final class AbsentPalace {
  private static final Logger LOG = LoggerFactory.getLogger(AbsentPalace.class);

  private final FileOps ops;
  private final PalacePaths paths;
  private final Occasion occasion;
  private final Source.Copy copy;

  AbsentPalace(FileOps ops, PalacePaths paths, Occasion occasion, Source.Copy copy) {
    this.ops = ops;
    this.paths = paths;
    this.occasion = occasion;
    this.copy = copy;
  }

  /// {@return the copy to put back: the one written last of those that can be read; empty when a
  /// palace is at the place, or no copy beside it}
  static Optional<Source.Copy> copyFor(Path place, Progress progress) throws IOException {
    if (isTaken(place)) {
      return UnfinishedSwap.at(place, progress);
    }
    for (Source.Copy copy : Copies.ofMissing(place)) {
      if (isReadable(copy)) {
        return Optional.of(copy);
      }
    }
    return Optional.empty();
  }

  /// {@return whether a palace is at a place, or something that is none of ours}
  static boolean isTaken(Path place) throws IOException {
    return Files.exists(place, NOFOLLOW_LINKS)
        && (!Files.isDirectory(place, NOFOLLOW_LINKS)
            || hasDatabase(place.resolve(PalaceLayout.DATABASE)));
  }

  /// Whoever only looks with SQLite makes an empty file where none is. A journal or log beside it
  /// means that somebody wrote, and SQLite would apply it to whatever database comes there.
  private static boolean hasDatabase(Path file) throws IOException {
    return isFilled(file)
        || isFilled(SourceDatabase.sidecar(file, "-journal"))
        || isFilled(SourceDatabase.sidecar(file, "-wal"));
  }

  private static boolean isFilled(Path file) throws IOException {
    return Files.exists(file, NOFOLLOW_LINKS)
        && !(Files.isRegularFile(file, NOFOLLOW_LINKS) && Files.size(file) == 0);
  }

  private static boolean isReadable(Source.Copy copy) {
    try (OpenCopy opened = OpenCopy.open(copy)) {
      opened.palace().collections();
      return true;
    } catch (IOException e) {
      LOG.warn("copy.unreadable path={} cause={}", LogValue.of(copy.place()), LogValue.of(e));
      return false;
    }
  }

  /// {@return what would be done about it; nothing is written}
  static RepairPlan plan(Path place, Source.Copy copy, Progress progress) throws IOException {
    Diagnosis there = Doctor.examine(copy.place(), progress);
    Finding gone =
        isTaken(place)
            ? new DirectoryFinding.SwapUnfinished(place, copy)
            : new DirectoryFinding.PalaceGone(place, copy);
    List<Finding> findings = new ArrayList<>(List.of(gone));
    findings.addAll(there.findings());
    var diagnosis =
        new Diagnosis(place, there.level(), findings, there.notRun(), there.collections());
    var cure = new RepairPlan.Cure(new PutPalaceBack(place, copy.place()), List.of(gone));
    return new RepairPlan(diagnosis, List.of(cure), List.of());
  }

  /// Puts the palace back; the lock is held.
  ///
  /// @return the snapshot of what stood there, where that was a part of a palace
  Optional<RunId> putBack() throws IOException {
    Path place = paths.palace();
    Path build = paths.build();
    Optional<RunId> displaced = Optional.empty();
    try {
      boolean part = isTaken(place);
      new FullCopy(ops, copy.place(), build, Progress.SILENT).make();
      if (part) {
        exchange(build);
        displaced = Optional.of(paths.run());
      } else if (Files.isDirectory(place, NOFOLLOW_LINKS)) {
        moveInto(place, build);
      } else {
        ops.rename(build, place);
      }
      ops.force(parent(place));
    } catch (PalaceException.PersonNeeded e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      discard(build, e);
      throw new PalaceException.Failed(
          "cannot copy %s to %s: %s".formatted(copy.place(), place, e),
          "make room or give access there, then run it again",
          e);
    }
    LOG.info("palace.put-back from={} to={}", LogValue.of(copy.place()), LogValue.of(place));
    return displaced;
  }

  /// The seal says whose build it is should the journal be lost. After the exchange nothing is
  /// undone: the journal stays until the next command has filed what stood there.
  private void exchange(Path build) throws IOException {
    var origin =
        new Seal.Origin(paths.run().value(), occasion.toolVersion(), occasion.created(), "", "");
    Seal.of(build, origin, Map.of(), List.of()).write(build);
    MoveJournal journal =
        PalaceSwap.on(ops)
            .publish(build, paths, occasion, MoveJournal.Purpose.repair(new TreeMap<>()))
            .journal();
    try {
      new SnapshotStore(ops, paths.ops()).file(journal, paths, Snapshot.Known.NOTHING);
    } catch (IOException e) {
      LOG.warn("snapshot.not-filed id={} cause={}", paths.run(), LogValue.of(e));
    }
  }

  /// What the place has is the newer one. Without its database it is no palace, so an interruption
  /// in between is seen by the next run.
  private void moveInto(Path place, Path build) throws IOException {
    for (Path entry : Listing.of(build)) {
      Path to = place.resolve(entry.getFileName());
      if (!entry.getFileName().toString().equals(PalaceLayout.DATABASE)
          && !Files.exists(to, NOFOLLOW_LINKS)) {
        ops.rename(entry, to);
      }
    }
    ops.force(place);
    ops.rename(build.resolve(PalaceLayout.DATABASE), place.resolve(PalaceLayout.DATABASE));
    ops.force(place);
    ops.delete(build);
  }

  private void discard(Path build, Exception cause) {
    try {
      if (Files.isDirectory(build, NOFOLLOW_LINKS)) {
        ops.delete(build);
      }
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private static Path parent(Path place) {
    return Objects.requireNonNull(place.getParent());
  }
}
