package palace.common.lock;

import java.io.IOException;

/// One of the things that [PalaceLock] holds while it is held.
interface Hold extends AutoCloseable {
  /// Lets it go.
  @Override
  void close() throws IOException;
}
