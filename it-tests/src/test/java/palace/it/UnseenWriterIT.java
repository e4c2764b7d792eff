package palace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A real Chroma that adds drawers without a pause while the palace is changed under it: whatever
/// it acknowledged is in the palace afterwards, or the run ends without a change.
final class UnseenWriterIT {
  private static final String RELEASE = "1.5.9";

  /// Skips a test that needs a PID name space of its own.
  static void assumeSuperuser() throws Exception {
    boolean root = Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    assumeTrue(root, "cannot run here: hiding a process needs the superuser");
  }

  @ParameterizedTest
  @ValueSource(strings = {"migrate", "repair"})
  void noAcknowledgedDrawerIsEverMissingThoughTheWriterCannotBeSeen(String verb) throws Exception {
    Oracle.assumeEnvironment(RELEASE);
    assumeSuperuser();
    String runs = Oracle.isExhaustive() ? "50" : "8";

    var answer =
        Oracle.script("write_across", Oracle.PALACE.toString(), "--verb", verb, "--runs", runs);

    assertThat(answer.exitCode()).as("%s", answer).isZero();
  }

  @Test
  void aWriterThatCanBeSeenIsNamedAndNothingIsChanged() throws Exception {
    Oracle.assumeEnvironment(RELEASE);

    var answer = Oracle.script("write_across", Oracle.PALACE.toString(), "--seen", "--runs", "2");

    assertThat(answer.exitCode()).as("%s", answer).isZero();
  }
}
