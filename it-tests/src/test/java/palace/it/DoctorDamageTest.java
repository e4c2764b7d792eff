package palace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import palace.common.Progress;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.Doctor;
import palace.common.doctor.Finding;
import palace.common.files.TreeDigest;

/// The doctor against every damage of the oracle. Palaces of 0.6.3 only in the long run.
class DoctorDamageTest {
  @TempDir Path directory;

  @BeforeAll
  static void needsPython() throws IOException, InterruptedException {
    assumeTrue(BrokenPalace.canBeMade(), "cannot run here: python3 is missing");
  }

  static List<BrokenPalace> palaces() throws IOException {
    var palaces = new ArrayList<>(BrokenPalace.of("1.5.9"));
    if (Boolean.getBoolean("palace.all")) {
      palaces.addAll(BrokenPalace.of("0.6.3"));
    }
    return palaces;
  }

  @ParameterizedTest
  @MethodSource("palaces")
  void aDamageIsNamedByItsCodesAndNothingIsWritten(BrokenPalace broken) throws Exception {
    Path palace = broken.make(directory);
    var before = digest(broken, palace);

    Diagnosis diagnosis = Doctor.examine(palace, Progress.SILENT);

    assertThat(diagnosis.damages().stream().map(Finding::code).collect(Collectors.toSet()))
        .as("%s", diagnosis.findings())
        .isEqualTo(broken.codes());
    assertThat(diagnosis.isHealthy()).isEqualTo(broken.codes().isEmpty());
    if (broken.release().equals("1.5.9")) {
      MeasuredOutcome.of(broken.damage()).ifPresent(seen -> seen.requireNotDenied(diagnosis));
    }
    assertThat(digest(broken, palace)).isEqualTo(before);
  }

  /// Nobody wants to hash a terabyte of zeroes.
  private static Object digest(BrokenPalace broken, Path palace) throws IOException {
    return broken.damage().equals("links_sparse_terabyte") ? "" : TreeDigest.of(palace);
  }
}
