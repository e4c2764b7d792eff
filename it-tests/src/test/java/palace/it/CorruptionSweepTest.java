package palace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.Doctor;
import palace.common.doctor.NotRun;

/// One damaged file of a palace that real Chroma wrote, in every way there is: the doctor answers
/// with findings, or refuses with a sentence that names the file; it writes nothing.
final class CorruptionSweepTest {
  private static final int MOST_BYTES = 256 << 20;

  @TempDir private Path temp;

  @ParameterizedTest
  @ValueSource(strings = {"0.6.3", "1.5.9"})
  void whateverIsDamagedTheDoctorAnswers(String release) throws Exception {
    Path palace = new FrozenPalace(release).unpack(temp);
    List<Mutant> mutants = Mutant.of(palace);
    TreeMap<String, Long> before = listing();
    new Campaign("doctor of " + release, 100, Duration.ofSeconds(60), MOST_BYTES)
        .sweep(
            mutants.size(),
            number -> {
              Mutant mutant = mutants.get(number);
              Path file = palace.resolve(mutant.file());
              byte[] sound = Files.readAllBytes(file);
              byte[] damaged = mutant.act().on(sound);
              Files.write(file, damaged);
              try {
                String kind = examine(palace, mutant);
                assertThat(Files.readAllBytes(file)).as(mutant.toString()).isEqualTo(damaged);
                return kind;
              } finally {
                Files.write(file, sound);
                assertThat(listing()).as(mutant.toString()).isEqualTo(before);
              }
            });
  }

  private static String examine(Path palace, Mutant mutant) throws IOException {
    try {
      Diagnosis diagnosis = Doctor.examine(palace, Progress.SILENT);
      diagnosis.findings().forEach(finding -> assertThat(finding.sentence()).isNotBlank());
      assertThat(diagnosis.notRun())
          .as(mutant.toString())
          .extracting(NotRun::reason)
          .noneMatch(reason -> reason.contains("should never happen"));
      return diagnosis.isHealthy() ? "healthy" : "findings";
    } catch (PalaceException.Refused | PalaceException.DamagedDatabase e) {
      assertThat(e.getMessage()).as(mutant.toString()).contains(palace.toString());
      return "refused";
    } catch (RuntimeException | Error e) {
      throw new AssertionError(mutant.toString(), e);
    }
  }

  /// {@return every file below the folder with its size}
  private TreeMap<String, Long> listing() throws IOException {
    var sizes = new TreeMap<String, Long>();
    try (Stream<Path> paths = Files.walk(temp)) {
      for (Path path : paths.toList()) {
        sizes.put(path.toString(), Files.isRegularFile(path) ? Files.size(path) : 0);
      }
    }
    return sizes;
  }
}
