package palace.common.doctor;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import palace.common.chroma.SchemaLevel;

/// Everything the doctor has to say about a palace.
///
/// @param palace its directory
/// @param level how far its migrations have gone; absent when the database cannot be read
/// @param findings what is wrong, or worth knowing
/// @param notRun checks that could not be made
/// @param collections what each collection that could be read holds
public record Diagnosis(
    Path palace,
    Optional<SchemaLevel> level,
    List<Finding> findings,
    List<NotRun> notRun,
    List<CollectionSummary> collections) {
  /// Keeps copies of the lists.
  public Diagnosis {
    findings = List.copyOf(findings);
    notRun = List.copyOf(notRun);
    collections = List.copyOf(collections);
  }

  /// {@return whether nothing is wrong and every essential check was made}
  public boolean isHealthy() {
    return damages().isEmpty() && notRun.stream().noneMatch(NotRun::essential);
  }

  /// {@return the worst that Chroma will do with the palace as it is; of two as bad ones the one
  /// that is certain; empty when nothing was found}
  public Optional<Prediction> prediction() {
    return Prediction.worstOf(findings);
  }

  /// {@return the findings that are more than a notice}
  public List<Finding> damages() {
    return findings.stream().filter(finding -> finding.severity() != Severity.NOTICE).toList();
  }
}
