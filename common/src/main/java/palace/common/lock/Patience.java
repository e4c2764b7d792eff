package palace.common.lock;

import java.io.IOException;
import java.time.Duration;
import palace.common.PalaceException;

/// How long a command waits in all for those who are in its way.
///
/// @param deadline the end, on the clock of [System#nanoTime]
record Patience(long deadline) {
  private static final Duration PAUSE = Duration.ofMillis(100);

  static Patience of(Duration wait) {
    return new Patience(System.nanoTime() + wait.toNanos());
  }

  /// {@return what is left, zero when it is over}
  Duration left() {
    return Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
  }

  /// Waits a moment.
  ///
  /// {@return false, without waiting, when patience is at its end}
  boolean pause() throws IOException {
    if (left().isZero()) {
      return false;
    }
    try {
      Thread.sleep(PAUSE);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PalaceException.Failed("interrupted; nothing was changed", "run it again", e);
    }
  }
}
