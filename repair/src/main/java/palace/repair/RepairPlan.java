package palace.repair;

import java.util.List;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.Finding;

/// What a repair will do, and what it cannot.
///
/// @param diagnosis what the doctor found
/// @param cures the treatments in the order in which they are applied
/// @param untreatable findings that stay, each with the reason
public record RepairPlan(Diagnosis diagnosis, List<Cure> cures, List<Untreatable> untreatable) {
  /// Keeps copies of the lists.
  public RepairPlan {
    cures = List.copyOf(cures);
    untreatable = List.copyOf(untreatable);
  }

  /// A treatment and what it is for.
  ///
  /// @param treatment the act
  /// @param findings what it cures; empty when it was asked for
  public record Cure(Treatment treatment, List<Finding> findings) {
    /// Keeps a copy of the list.
    public Cure {
      findings = List.copyOf(findings);
    }
  }

  /// A finding that no treatment can cure.
  ///
  /// @param finding what is wrong
  /// @param reason why it stays, lower case, without full stop
  public record Untreatable(Finding finding, String reason) {}

  /// {@return the treatments alone}
  public List<Treatment> treatments() {
    return cures.stream().map(Cure::treatment).toList();
  }

  /// {@return whether the database is replaced by a fresh one}
  public boolean isRescue() {
    return treatments().stream().anyMatch(RescueDatabase.class::isInstance);
  }

  /// {@return whether there is nothing to do and nothing wrong}
  public boolean isEmpty() {
    return cures.isEmpty() && untreatable.isEmpty();
  }
}
