package palace.repair;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.chroma.SourceDatabase;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.DirectoryFinding;
import palace.common.doctor.Doctor;
import palace.common.doctor.Finding;
import palace.common.files.FileOps;
import palace.common.files.Listing;
import palace.common.snapshot.FullCopy;
import palace.common.sources.Copies;
import palace.common.sources.OpenCopy;
import palace.common.sources.Source;
import palace.common.store.PalaceLayout;
import palace.common.swap.LogValue;
import palace.common.swap.PalacePaths;

/// A place where a palace should be and none is, because another tool moved it away and was
/// interrupted before the new one was there. A copy of what it left goes to the place; what it left
/// stays as it is.
///
/// ```
/// D/N.build-I/        the copy while it is made, durable before anything of it is moved
/// D/N                 absent: the copy gets this name by one rename
/// D/N/*               there, without a database: what it lacks is moved in, the database last
/// ```
///
/// An interruption leaves the place without a palace, and a build that the next run takes for what
/// it is.
final class AbsentPalace {
  private static final Logger LOG = LoggerFactory.getLogger(AbsentPalace.class);

  private final FileOps ops;
  private final PalacePaths paths;
  private final Source.Copy copy;

  AbsentPalace(FileOps ops, PalacePaths paths, Source.Copy copy) {
    this.ops = ops;
    this.paths = paths;
    this.copy = copy;
  }

  /// {@return the copy to put back: the one written last of those that can be read; empty when a
  /// palace is at the place, or no copy beside it}
  static Optional<Source.Copy> copyFor(Path place) throws IOException {
    boolean taken =
        Files.exists(place, NOFOLLOW_LINKS)
            && (!Files.isDirectory(place, NOFOLLOW_LINKS)
                || hasDatabase(place.resolve(PalaceLayout.DATABASE)));
    if (taken) {
      return Optional.empty();
    }
    for (Source.Copy copy : Copies.ofMissing(place)) {
      if (isReadable(copy)) {
        return Optional.of(copy);
      }
    }
    return Optional.empty();
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
    var gone = new DirectoryFinding.PalaceGone(place, copy);
    List<Finding> findings = new ArrayList<>(List.of(gone));
    findings.addAll(there.findings());
    var diagnosis =
        new Diagnosis(place, there.level(), findings, there.notRun(), there.collections());
    var cure = new RepairPlan.Cure(new PutPalaceBack(place, copy.place()), List.of(gone));
    return new RepairPlan(diagnosis, List.of(cure), List.of());
  }

  /// Puts the palace back; the lock is held.
  void putBack() throws IOException {
    Path place = paths.palace();
    Path build = paths.build();
    try {
      new FullCopy(ops, copy.place(), build, Progress.SILENT).make();
      if (Files.isDirectory(place, NOFOLLOW_LINKS)) {
        moveInto(place, build);
      } else {
        ops.rename(build, place);
      }
      ops.force(parent(place));
    } catch (IOException | RuntimeException e) {
      discard(build, e);
      throw new PalaceException.Failed(
          "cannot copy %s to %s: %s".formatted(copy.place(), place, e),
          "make room or give access there, then run it again",
          e);
    }
    LOG.info("palace.put-back from={} to={}", LogValue.of(copy.place()), LogValue.of(place));
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
