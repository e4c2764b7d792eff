package palace.repair;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import palace.common.RunId;
import palace.common.doctor.Finding;
import palace.common.doctor.SalvagedCopy;
import palace.common.store.SkippedRow;

/// What a repair did.
///
/// @param palace the palace's real path
/// @param run the run, which is also the id of the snapshot
/// @param plan what was found and what was to be done
/// @param done the treatments with what each changed, in their order
/// @param lost what could not be kept, by the name of the collection; only those that lost
///   something
/// @param skipped queue rows that nobody can apply, by the name of the collection; they are gone
///   from the queue
/// @param remaining what the doctor still finds, notices included
/// @param snapshot the folder with the database as it was and the retired segments
/// @param undo the command that puts the palace back as it was
/// @param needsEmbedding the file with the text of the drawers that need a new vector, when there
///   are any
/// @param notes what else there is to know, a sentence each, such as where something is kept
/// @param embedded what came of asking an endpoint for vectors, when one was named
/// @param took how long it took
/// @param rescued what came out of the damaged database, when a fresh one was put in its place; its
///   file has the palace's name now
public record RepairReport(
    Path palace,
    RunId run,
    RepairPlan plan,
    List<Done> done,
    Map<String, Loss> lost,
    Map<String, List<SkippedRow>> skipped,
    List<Finding> remaining,
    Path snapshot,
    List<String> undo,
    Optional<Path> needsEmbedding,
    List<String> notes,
    Optional<Embedded> embedded,
    Duration took,
    Optional<SalvagedCopy> rescued) {
  /// Keeps copies.
  public RepairReport {
    done = List.copyOf(done);
    lost = Map.copyOf(lost);
    skipped = Map.copyOf(skipped);
    remaining = List.copyOf(remaining);
    undo = List.copyOf(undo);
    notes = List.copyOf(notes);
  }

  /// A treatment that was applied.
  ///
  /// @param treatment the act
  /// @param changes how many rows, or drawers of an index, it wrote
  public record Done(Treatment treatment, long changes) {}
}
