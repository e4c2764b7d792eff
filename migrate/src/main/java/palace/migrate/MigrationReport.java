package palace.migrate;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import palace.common.ExitCode;
import palace.common.RunId;

/// What a migration did.
///
/// @param run its id
/// @param plan what it set out to do
/// @param outcome how it ended
/// @param collections what each collection became; empty unless migrated
/// @param lost per collection and kind (`vectors`), the ids of what could not be carried; empty
///   when nothing was lost
/// @param skipped rows of the queue that nobody can apply
/// @param notCarried what the release cannot hold, in words
/// @param warnings what else a person should know
/// @param seconds how long it took
public record MigrationReport(
    RunId run,
    MigrationPlan plan,
    Outcome outcome,
    List<CollectionResult> collections,
    Map<String, Map<String, List<String>>> lost,
    List<Skipped> skipped,
    List<String> notCarried,
    List<String> warnings,
    double seconds) {
  /// How a migration ended.
  public sealed interface Outcome {
    /// The new palace is in place, verified and durable.
    ///
    /// @param palace where it is
    /// @param snapshot id and folder of the snapshot that keeps the previous palace; empty when the
    ///   new palace went to a directory of its own
    /// @param undo shell command that puts the previous palace back; empty without a snapshot
    record Migrated(Path palace, Optional<Path> snapshot, Optional<String> undo)
        implements Outcome {}

    /// The palace is already what was asked for; nothing was written.
    record NothingToDo(String reason) implements Outcome {}

    /// Only planned; nothing was written.
    record Planned() implements Outcome {}
  }

  /// What one collection became.
  ///
  /// @param name its name
  /// @param tenant name of its tenant
  /// @param database name of its database
  /// @param space its space
  /// @param dimension components per vector
  /// @param drawers how many the new palace holds
  /// @param vectorsFromIndex vectors that came from the old index
  /// @param vectorsFromQueue vectors that came from the queue
  /// @param vectorsFromSiblings vectors that came from quarantined copies
  /// @param vectorsFromFreePages vectors that came from free pages of the database
  /// @param indexFiles what was done about the index
  /// @param contentDigest digest of its drawers, in lower-case hex
  public record CollectionResult(
      String name,
      String tenant,
      String database,
      String space,
      int dimension,
      long drawers,
      long vectorsFromIndex,
      long vectorsFromQueue,
      long vectorsFromSiblings,
      long vectorsFromFreePages,
      MigrationPlan.IndexFiles indexFiles,
      String contentDigest) {}

  /// A row of the queue that nobody can apply.
  public record Skipped(String collection, long sequence, String id, String reason) {}

  /// Makes the parts unmodifiable.
  public MigrationReport {
    collections = List.copyOf(collections);
    lost = Map.copyOf(lost);
    skipped = List.copyOf(skipped);
    notCarried = List.copyOf(notCarried);
    warnings = List.copyOf(warnings);
  }

  /// {@return how the command ends: problems found when drawers still lack their vectors}
  public ExitCode exitCode() {
    return outcome instanceof Outcome.Migrated && !lost.isEmpty()
        ? ExitCode.PROBLEMS_FOUND
        : ExitCode.DONE;
  }
}
