package palace.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import palace.common.ShellWord;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.DirectoryFinding;
import palace.common.doctor.Finding;
import palace.common.doctor.FullTextFinding;
import palace.common.doctor.QueueFinding;
import palace.common.snapshot.SnapshotEntry;
import palace.repair.NamedTreatment;
import palace.repair.Verdict;

/// Which commands follow from a diagnosis: what a repair cures is repaired, what it cannot cure is
/// taken from a snapshot, and a palace that is healthy is tidied or brought to a newer Chroma.
final class NextSteps {
  private final Diagnosis diagnosis;
  private final String palace;

  private NextSteps(Diagnosis diagnosis) {
    this.diagnosis = diagnosis;
    palace = ShellWord.quote(diagnosis.palace());
  }

  /// {@return the commands, the best first; none where nothing is to be done, or nothing can be}
  static List<String> after(Diagnosis diagnosis) {
    var steps = new NextSteps(diagnosis);
    return diagnosis.isHealthy() ? steps.forHealthy() : steps.forDamaged();
  }

  private List<String> forDamaged() {
    var steps = new ArrayList<String>();
    if (diagnosis.damages().stream().anyMatch(NextSteps::isTreatable)) {
      steps.add("palace repair " + palace);
    }
    if (diagnosis.damages().stream().anyMatch(finding -> !isTreatable(finding))) {
      newestSnapshot().ifPresent(steps::add);
    }
    return steps;
  }

  private static boolean isTreatable(Finding finding) {
    return Verdict.on(finding) instanceof Verdict.Treat;
  }

  private Optional<String> newestSnapshot() {
    try {
      var snapshots = Snapshots.of(diagnosis.palace());
      return snapshots.list().stream()
          .filter(SnapshotEntry.Kept.class::isInstance)
          .map(entry -> snapshots.wayBack(((SnapshotEntry.Kept) entry).snapshot().id()))
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private List<String> forHealthy() {
    var steps = new ArrayList<String>();
    var wanted = new LinkedHashSet<NamedTreatment>();
    diagnosis.findings().forEach(finding -> tidying(finding).ifPresent(wanted::add));
    if (!wanted.isEmpty()) {
      var command = new StringBuilder("palace repair");
      wanted.forEach(treatment -> command.append(" --treatment ").append(treatment.word()));
      steps.add(command + " " + palace);
    }
    if (diagnosis.level().filter(level -> !level.hasIntegerSequences()).isPresent()) {
      steps.add("palace migrate " + palace);
    }
    return steps;
  }

  private static Optional<NamedTreatment> tidying(Finding finding) {
    return switch (finding) {
      case DirectoryFinding.Orphan orphan -> Optional.of(NamedTreatment.RETIRE_ORPHANS);
      case QueueFinding.NeverPurged rows -> Optional.of(NamedTreatment.PURGE_QUEUE);
      case FullTextFinding.Leftovers rows -> Optional.of(NamedTreatment.REBUILD_FULL_TEXT);
      default -> Optional.empty();
    };
  }
}
