package palace.common.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.chroma.SourceDatabase;

/// The [QueueRemains] of a palace, looked for once, and only when a vector is nowhere else.
///
/// Several threads may ask. What is read is the file beside its connections, whose read transaction
/// keeps it as it is.
final class RemainsOnDemand implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RemainsOnDemand.class);

  private final Optional<Path> file;
  private Optional<QueueRemains> remains = Optional.empty();
  private Optional<String> unsearched = Optional.empty();
  private boolean sought;

  private RemainsOnDemand(Optional<Path> file) {
    this.file = file;
  }

  /// In the free pages of a database file, if it can be told of one that nobody changes.
  static RemainsOnDemand in(Optional<Path> file) {
    return new RemainsOnDemand(file);
  }

  /// {@return what was purged; empty where it cannot be looked for}
  synchronized Optional<QueueRemains> get() {
    if (!sought && file.isPresent()) {
      sought = true;
      try {
        seek(file.get());
      } catch (IOException e) {
        unsearched = Optional.of(String.valueOf(e.getMessage()));
      }
      unsearched.ifPresent(reason -> LOG.warn("free-pages.unsearched cause={}", reason));
    }
    return remains;
  }

  private void seek(Path database) throws IOException {
    if (SourceDatabase.hasLog(database)) {
      unsearched = Optional.of("pages in the write-ahead log are newer than those of the file");
      return;
    }
    QueueRemains found = QueueRemains.of(database);
    remains = Optional.of(found);
    if (!found.isComplete()) {
      unsearched = Optional.of("they hold more than %,d rows".formatted(RowPlaces.MOST));
    }
  }

  /// {@return why not everything was looked for that somebody asked for}
  synchronized Optional<String> unsearched() {
    return unsearched;
  }

  @Override
  public synchronized void close() {
    remains.ifPresent(QueueRemains::close);
  }
}
