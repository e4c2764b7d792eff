package palace.repair;

import java.nio.file.Path;
import java.util.Optional;
import palace.common.ExitCode;
import palace.common.RunId;
import palace.common.doctor.Diagnosis;

/// How a repair ended.
public sealed interface Outcome {
  /// {@return how the command ends}
  ExitCode exitCode();

  /// Nothing was wrong and nothing was written.
  record Healthy(Diagnosis diagnosis) implements Outcome {
    @Override
    public ExitCode exitCode() {
      return ExitCode.DONE;
    }
  }

  /// Only the plan was asked for; nothing was written.
  record Planned(RepairPlan plan) implements Outcome {
    @Override
    public ExitCode exitCode() {
      return ExitCode.DONE;
    }
  }

  /// Nothing was wrong and nothing was written, but drawers wait for a vector that could not be
  /// got.
  record Waiting(Diagnosis diagnosis, Embedded embedded) implements Outcome {
    @Override
    public ExitCode exitCode() {
      return ExitCode.PROBLEMS_FOUND;
    }
  }

  /// Everything that was wrong is cured, and nothing was lost.
  record Repaired(RepairReport report) implements Outcome {
    @Override
    public ExitCode exitCode() {
      return ExitCode.DONE;
    }
  }

  /// Something was cured, but findings remain, or drawers need new vectors.
  record PartlyRepaired(RepairReport report) implements Outcome {
    @Override
    public ExitCode exitCode() {
      return ExitCode.PROBLEMS_FOUND;
    }
  }

  /// No palace was at the place, or a part of one; a copy beside it was put back and then repaired.
  ///
  /// @param from the copy, which is as it was
  /// @param displaced the snapshot that holds what stood at the place, where that was anything
  /// @param then how the repair of what was put back ended
  record PutBack(Path from, Optional<RunId> displaced, Outcome then) implements Outcome {
    @Override
    public ExitCode exitCode() {
      return then.exitCode();
    }
  }
}
