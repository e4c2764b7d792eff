package palace.migrate;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import palace.common.lock.Fence;
import palace.common.lock.PalaceLock;
import palace.common.store.PalaceLayout;

/// What keeps others off a palace while it is migrated: the lock, and the fence on its database
/// where one can be put up without changing it.
record Grip(PalaceLock lock, Optional<Fence> fence) implements AutoCloseable {
  /// Takes hold of the database of a palace whose lock is held; the lock stays the caller's.
  static Grip on(PalaceLock lock, Path palace) throws IOException {
    Path database = palace.resolve(PalaceLayout.DATABASE);
    return new Grip(
        lock, Fence.canHold(database) ? Optional.of(lock.fence(database)) : Optional.empty());
  }

  /// Lets the database go; doing it twice does nothing.
  @Override
  public void close() throws IOException {
    if (fence.isPresent()) {
      fence.get().close();
    }
  }
}
