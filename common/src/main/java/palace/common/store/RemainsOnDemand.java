package palace.common.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.chroma.ChromaDatabase;
import palace.common.files.PrivateDirectory;

/// The [QueueRemains] of a palace, looked for when a vector is nowhere else, because that takes a
/// copy of the database: SQLite gives no free page to anybody, and its file must not be opened
/// beside it.
///
/// Several threads may ask. Where there is no room for a copy, there are no remains.
final class RemainsOnDemand implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RemainsOnDemand.class);

  private final ChromaDatabase database;
  private final Optional<Path> copy;
  private final boolean mayCopy;
  private Optional<PrivateDirectory> folder = Optional.empty();
  private Optional<QueueRemains> remains = Optional.empty();
  private boolean sought;

  private RemainsOnDemand(ChromaDatabase database, Optional<Path> copy, boolean mayCopy) {
    this.database = database;
    this.copy = copy;
    this.mayCopy = mayCopy;
  }

  /// Of a database that only we read.
  static RemainsOnDemand of(ChromaDatabase database) {
    return new RemainsOnDemand(database, Optional.empty(), true);
  }

  /// Of a database of which there is a copy already, if there is one.
  static RemainsOnDemand of(ChromaDatabase database, Optional<Path> copy) {
    return new RemainsOnDemand(database, copy, false);
  }

  /// {@return what was purged; empty where nothing can have been, or it cannot be looked for}
  synchronized Optional<QueueRemains> get() {
    if (!sought) {
      sought = true;
      try {
        remains = seek();
      } catch (IOException e) {
        LOG.warn("free-pages.unread cause={}", e.getMessage());
      }
    }
    return remains;
  }

  private Optional<QueueRemains> seek() throws IOException {
    if (copy.isEmpty() && !mayCopy || database.number("PRAGMA freelist_count") == 0) {
      return Optional.empty();
    }
    return Optional.of(QueueRemains.of(copy.isPresent() ? copy.get() : copied()));
  }

  private Path copied() throws IOException {
    PrivateDirectory own = PrivateDirectory.create();
    folder = Optional.of(own);
    Path file = own.path().resolve(PalaceLayout.DATABASE);
    database.backUpTo(file);
    return file;
  }

  @Override
  public synchronized void close() throws IOException {
    remains.ifPresent(QueueRemains::close);
    if (folder.isPresent()) {
      folder.get().close();
    }
  }
}
