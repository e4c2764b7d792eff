package palace.common.chroma;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Predicate;
import palace.common.PalaceException;
import palace.common.files.LockTable;
import palace.common.files.RunningProcess;

/// Who keeps others from writing to a SQLite file, told from the bytes that its process has locked.
///
/// In rollback-journal mode a transaction that writes holds byte 2^30+1 (RESERVED) exclusively, and
/// while it commits byte 2^30 (PENDING) or the 510 bytes from 2^30+2 (SHARED); readers hold SHARED
/// bytes together, not exclusively. In write-ahead mode the writer holds byte 120 of the `-shm`
/// file. (SQLite's os.h, wal.c)
final class WriteLock {
  private static final long PENDING = 1L << 30;
  private static final long LAST_SHARED = PENDING + 511;
  private static final long LOG_WRITER = 120;

  private WriteLock() {}

  /// {@return the failure to throw when the write lock of a file is taken}
  static PalaceException.Busy taken(Path file) throws IOException {
    String who = holder(file).map(RunningProcess::toString).orElse("another process");
    return new PalaceException.Busy(
        "%s is in a transaction of %s; nothing was changed".formatted(file, who),
        "stop it, or let this command wait with --wait SECONDS");
  }

  /// {@return the process in a transaction that writes; empty when there is none, or it cannot be
  /// told}
  static Optional<RunningProcess> holder(Path file) throws IOException {
    var inFile = holder(file, held -> held.first() <= LAST_SHARED && held.last() >= PENDING);
    return inFile.isPresent()
        ? inFile
        : holder(SourceDatabase.sidecar(file, "-shm"), held -> held.covers(LOG_WRITER));
  }

  private static Optional<RunningProcess> holder(Path file, Predicate<LockTable.Held> taken)
      throws IOException {
    return LockTable.of(file).stream()
        .filter(held -> held.exclusive() && held.pid() > 0)
        .filter(taken)
        .map(held -> RunningProcess.of(held.pid()))
        .findFirst();
  }
}
