package palace.common.restore;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import palace.common.RunId;
import palace.common.snapshot.Snapshot;

/// What a restore did.
///
/// @param run its id
/// @param palace the palace, its real path
/// @param snapshot the id of the snapshot that was asked for
/// @param outcome how it ended
/// @param recovered what was settled first, in words
/// @param warnings what else a person should know
/// @param seconds how long it took
public record RestoreReport(
    RunId run,
    Path palace,
    RunId snapshot,
    Outcome outcome,
    List<String> recovered,
    List<String> warnings,
    double seconds) {
  /// Keeps copies of the lists.
  public RestoreReport {
    recovered = List.copyOf(recovered);
    warnings = List.copyOf(warnings);
  }

  /// How a restore ended.
  public sealed interface Outcome {
    /// The snapshot is in place, durable.
    ///
    /// @param scope what the snapshot held
    /// @param previous the snapshot that now keeps what was there before; its id undoes the
    ///   restore. Empty when there was no palace
    record Restored(Snapshot.Scope scope, Optional<RunId> previous) implements Outcome {}

    /// An earlier restore put this snapshot in place; nothing was changed.
    ///
    /// @param by the snapshot that keeps what was there before; its id undoes that restore
    record AlreadyInPlace(RunId by) implements Outcome {}
  }

  /// {@return the id to restore to undo this, empty when there was no palace before}
  public Optional<RunId> undo() {
    return switch (outcome) {
      case Outcome.Restored restored -> restored.previous();
      case Outcome.AlreadyInPlace inPlace -> Optional.of(inPlace.by());
    };
  }
}
