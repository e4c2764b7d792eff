package palace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import palace.common.Progress;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.Doctor;
import palace.common.doctor.IndexFinding;
import palace.common.files.TreeDigest;
import palace.common.hnsw.IndexFault;

/// Palaces in odd states that real Chroma leaves by itself: the doctor calls none of them damaged.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DoctorStatesIT {
  private static final String CHROMA = "1.5.9";
  private static final String SCRIPT = Path.of("oracle", "healthy_states.py").toString();

  @TempDir static Path states;

  @BeforeAll
  void make() throws Exception {
    Oracle.assumeEnvironment(CHROMA);
    Process process =
        new ProcessBuilder(Oracle.python(CHROMA).toString(), SCRIPT, "make", states.toString())
            .inheritIO()
            .start();
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "never_written",
        "one_drawer",
        "queue_only",
        "emptied",
        "flat",
        "updated_once",
        "half_deleted",
        "twins",
        "zero_vectors",
        "inner_products"
      })
  void whatChromaLeavesIsNoDamage(String state) throws Exception {
    assertHealthy(states.resolve(state).resolve("palace"));
  }

  @Test
  void elementsThatNoInnerProductFindsAreManyAndNoDamage() throws Exception {
    Diagnosis diagnosis =
        Doctor.examine(states.resolve("inner_products").resolve("palace"), Progress.SILENT);

    assertThat(diagnosis.findings())
        .filteredOn(IndexFinding.Faulty.class::isInstance)
        .extracting(finding -> ((IndexFinding.Faulty) finding).fault())
        .anySatisfy(fault -> {
          assertThat(fault).isInstanceOf(IndexFault.Unreachable.class);
          assertThat(((IndexFault.Unreachable) fault).count()).isGreaterThan(50);
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.4.14", "0.6.3", "1.2.2"})
  void anUpgradeIsNoDamage(String release, @TempDir Path folder) throws Exception {
    Path palace = new FrozenPalace(release).unpack(folder);
    Process upgrade =
        new ProcessBuilder(Oracle.python(CHROMA).toString(), SCRIPT, "open", palace.toString())
            .inheritIO()
            .start();
    assertThat(upgrade.waitFor(120, TimeUnit.SECONDS)).isTrue();

    assertHealthy(palace);
  }

  @Test
  void filesThatNobodyKnowsAreNoDamage(@TempDir Path folder) throws Exception {
    Path palace = new FrozenPalace(CHROMA).unpack(folder);
    Files.createDirectories(palace.resolve("notes").resolve("deep"));
    Files.writeString(palace.resolve("notes").resolve("deep").resolve("a file"), "text");
    Files.writeString(palace.resolve("link_lists.bin"), "");
    Files.createSymbolicLink(palace.resolve("nowhere"), Path.of("does not exist"));

    assertHealthy(palace);
  }

  @Test
  void aLiveChromaIsNamedAndNothingIsFoundBecauseOfIt() throws Exception {
    Path palace = states.resolve("half_deleted").resolve("palace");
    Process chroma =
        new ProcessBuilder(Oracle.python(CHROMA).toString(), SCRIPT, "hold", palace.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader said =
        new BufferedReader(
            new InputStreamReader(chroma.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(said.readLine()).isEqualTo("open " + chroma.pid());

      Oracle.Answer doctor = Oracle.palace("doctor", "--palace", palace.toString());
      Oracle.Answer status = Oracle.palace("status", "--palace", palace.toString());

      assertThat(doctor.exitCode()).as("%s", doctor).isZero();
      assertThat(doctor.output()).contains("in use: process " + chroma.pid() + " ", "healthy");
      assertThat(status.output()).contains("in use: process " + chroma.pid() + " ");
    } finally {
      chroma.getOutputStream().close();
      assertThat(chroma.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static void assertHealthy(Path palace) throws Exception {
    var before = TreeDigest.of(palace);

    Diagnosis diagnosis = Doctor.examine(palace, Progress.SILENT);

    assertThat(diagnosis.damages()).isEmpty();
    assertThat(diagnosis.notRun()).isEmpty();
    assertThat(diagnosis.isHealthy()).isTrue();
    assertThat(TreeDigest.of(palace)).isEqualTo(before);
  }
}
