package palace.common.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/// What a single check may take before it is given up and listed as not made.
///
/// @param time how long it may run
/// @param grace how long it may take to end once it was told to, before it is left behind
/// @param memory bytes that all checks of one moment may hold together
record CheckBounds(Duration time, Duration grace, long memory) {
  private static final Duration SHORTEST = Duration.ofMinutes(3);
  private static final Duration GRACE = Duration.ofSeconds(3);
  private static final long BYTES_PER_SECOND = 1L << 20;
  private static final double SHARE_OF_HEAP = 0.7;

  /// {@return the bounds for a palace with such a database: three minutes, and a second for every
  /// MiB, which the slowest disks read in a tenth of that}
  static CheckBounds of(Path database) {
    return new CheckBounds(
        SHORTEST.plusSeconds(sizeOf(database) / BYTES_PER_SECOND),
        GRACE,
        (long) (Runtime.getRuntime().maxMemory() * SHARE_OF_HEAP));
  }

  /// {@return the bytes of a file, 0 where it cannot be looked at}
  static long sizeOf(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      return 0;
    }
  }
}
