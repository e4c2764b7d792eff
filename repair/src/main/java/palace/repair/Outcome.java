package palace.repair;

import palace.common.ExitCode;
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

  /// Nothing was wrong and nothing was written, but drawers wait for a vector that could not be got.
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
}
