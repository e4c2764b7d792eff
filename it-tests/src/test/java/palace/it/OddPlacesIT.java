package palace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A palace on a mount point, in a layer of a container image, on a full, read-only or second file
/// system, of immutable files, or with a file of a terabyte: the command ends with the new palace
/// and the way back, or with the old one and nothing beside it, and its exit code says which.
@Execution(ExecutionMode.CONCURRENT)
final class OddPlacesIT {
  private static final Path ODD_PLACES = Path.of("crash", "odd_places").toAbsolutePath();

  @TempDir private Path temp;

  @ParameterizedTest
  @ValueSource(strings = {"migrate", "repair"})
  void thePalaceIsNewWithExitZeroAndElseTheOldOne(String command) throws Exception {
    assumeTrue(canMount(), "cannot run here: only root may mount, and not in every container");

    var answer = oddPlaces(command);

    assertThat(answer.exitCode()).as("%s", answer).isZero();
    assertThat(answer.output()).contains(" 0 wrong");
  }

  private Oracle.Answer oddPlaces(String command) throws IOException, InterruptedException {
    var line = new ArrayList<>(List.of(ODD_PLACES.toString(), "--command", command));
    line.addAll(List.of("--palace-cmd", Oracle.PALACE.toString()));
    if (!Oracle.isExhaustive()) {
      line.add("--sample");
    }
    Path out = Files.createTempFile(temp, "out", "");
    int exitCode =
        new ProcessBuilder(line)
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start()
            .waitFor();
    return new Oracle.Answer(exitCode, Files.readString(out, StandardCharsets.UTF_8), "");
  }

  /// {@return whether mount namespaces, overlays and immutable files can be had}
  static boolean canMount() throws IOException, InterruptedException {
    var tried =
        List.of(
            "unshare",
            "-m",
            "sh",
            "-c",
            "mount -t tmpfs none /mnt && cd /mnt && mkdir l u w m && mount -t overlay none"
                + " -o lowerdir=l,upperdir=u,workdir=w m && touch u/f && chattr +i u/f"
                + " && chattr -i u/f");
    try {
      return new ProcessBuilder(tried)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
