package palace.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import palace.common.lock.PalaceLock;
import palace.common.restore.Direction;
import palace.common.restore.Pending;
import palace.common.restore.Recovery;
import palace.common.restore.Settled;
import palace.common.store.PalaceLayout;

/// The moment between the two steps of an exchange, in which no palace stands at its path: where a
/// run was killed in it, whatever is asked next puts the palace there first.
final class Window {
  /// A run that is alive closes the window itself, within moments.
  private static final Duration CLOSES_SOON = Duration.ofSeconds(5);

  private static final Duration LOOK = Duration.ofMillis(20);

  private Window() {}

  /// {@return whether a palace is missing at its path that stands beside it}
  static boolean isOpen(Path palace) throws IOException {
    Path parent = palace.toAbsolutePath().normalize().getParent();
    if (parent == null || !Files.isDirectory(parent) || !staysMissing(palace)) {
      return false;
    }
    Pending pending = Recovery.look(palace);
    return pending.missing() || !pending.runs().isEmpty();
  }

  private static boolean staysMissing(Path palace) throws IOException {
    long deadline = System.nanoTime() + CLOSES_SOON.toNanos();
    while (!Files.exists(palace.resolve(PalaceLayout.DATABASE))) {
      if (System.nanoTime() > deadline || PalaceLock.holder(palace).isEmpty()) {
        return true;
      }
      LockSupport.parkNanos(LOOK.toNanos());
    }
    return false;
  }

  /// Closes it.
  ///
  /// @return what was done, in words
  static List<String> close(Path palace, String command, Duration patience) throws IOException {
    Duration wait = patience.compareTo(CLOSES_SOON) < 0 ? CLOSES_SOON : patience;
    try (PalaceLock lock = PalaceLock.acquire(palace, command, wait)) {
      Settled settled = Recovery.settle(lock, palace, Direction.BACK, PalaceVersion.number());
      return RecoveryText.of(settled);
    }
  }
}
