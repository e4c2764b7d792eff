package palace.common.swap;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import palace.common.PalaceException;
import palace.common.files.FileOps;

/// The renames of a swap, tried again for a short while where another process has something below
/// open and the file system therefore says no.
record PatientMoves(FileOps ops, List<Duration> pauses, Logger log) {
  PatientMoves {
    pauses = List.copyOf(pauses);
  }

  /// One step that may be tried again, because it changes nothing when it fails.
  @FunctionalInterface
  private interface Step {
    void run() throws IOException;
  }

  void rename(Path from, Path to) throws IOException {
    retried(from, () -> ops.rename(from, to));
  }

  /// {@return whether they changed places; false where two names cannot}
  boolean exchange(Path left, Path right) throws IOException {
    boolean[] done = new boolean[1];
    retried(left, () -> done[0] = ops.exchange(left, right));
    return done[0];
  }

  private void retried(Path from, Step step) throws IOException {
    for (Duration pause : pauses) {
      try {
        step.run();
        return;
      } catch (FileSystemException e) {
        if (!isSharingViolation(e)) {
          throw e;
        }
        log.warn("retry from={} cause={}", LogValue.of(from), LogValue.of(e));
        sleep(pause);
      }
    }
    step.run();
  }

  private static boolean isSharingViolation(FileSystemException failure) {
    String reason = String.valueOf(failure.getReason());
    return reason.contains("Device or resource busy")
        || reason.contains("being used by another process");
  }

  private static void sleep(Duration pause) throws IOException {
    try {
      Thread.sleep(pause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PalaceException.Failed("interrupted", "run it again", e);
    }
  }
}
