package palace.common.chroma;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import palace.common.PalaceException;

/// A SQLite database that lies in a palace and is not Chroma's, such as MemPalace's knowledge
/// graph, held open while its palace is exchanged.
///
/// As long as it is held, its `-wal` and `-shm` stay: whoever else closes the database is not the
/// last, and only the last one to close removes them. It is read in one transaction, so a copy
/// shows it as it was when it was taken hold of, however long others go on writing.
///
/// A write-ahead log that nobody has merged is left unmerged: the connection is read-only then, and
/// closing such a one merges nothing. A log that is not there yet comes with the connection and
/// goes with it.
public final class CompanionDatabase implements AutoCloseable {
  private final ChromaDatabase reader;
  private Optional<AutoCloseable> fence;

  private CompanionDatabase(ChromaDatabase reader, Optional<AutoCloseable> fence) {
    this.reader = reader;
    this.fence = fence;
  }

  /// Keeps other processes from writing to a database, where that can be done without changing it.
  @FunctionalInterface
  public interface Fencing {
    /// Puts up a fence, or none; whoever asked for it closes it.
    Optional<AutoCloseable> fence(Path database) throws IOException;

    /// Puts up no fence.
    static Fencing none() {
      return database -> Optional.empty();
    }
  }

  /// Takes hold of a file, or gives empty when it cannot be held without changing it: it is no
  /// SQLite database, is damaged, or has a hot journal, so that nobody is using it. The fence comes
  /// first and is released by [#release].
  public static Optional<CompanionDatabase> hold(Path file, Fencing fencing) throws IOException {
    // Once a connection of ours is open the file must not be read by its path.
    var journal = SourceDatabase.journalOf(file);
    if (journal.isEmpty()) {
      return Optional.empty();
    }
    boolean writable = journal.get() == SourceDatabase.Journal.LOG_TO_COME;
    Optional<AutoCloseable> fence = fencing.fence(file);
    try {
      return Optional.of(new CompanionDatabase(reading(file, writable), fence));
    } catch (PalaceException e) {
      closeAfter(fence, e);
      if (e instanceof PalaceException.DamagedDatabase || SqliteFailure.needsRecovery(e)) {
        return Optional.empty();
      }
      throw e;
    } catch (IOException | RuntimeException e) {
      closeAfter(fence, e);
      throw e;
    }
  }

  private static ChromaDatabase reading(Path file, boolean writable) throws IOException {
    ChromaDatabase database =
        writable && Files.isWritable(file)
            ? ChromaDatabase.openForWriting(file)
            : ChromaDatabase.openReadOnly(file);
    try {
      database.beginReading();
      return database;
    } catch (IOException | RuntimeException e) {
      closeAfter(Optional.of(database), e);
      throw e;
    }
  }

  /// Copies the database as it was when it was taken hold of, into a file that is empty or not
  /// there. It works under whatever name the database is now.
  public void copyTo(Path target) throws IOException {
    reader.backUpTo(target);
  }

  /// Lets others write again; the database stays open.
  public void release() throws IOException {
    Optional<AutoCloseable> released = fence;
    fence = Optional.empty();
    if (released.isPresent()) {
      close(released.get());
    }
  }

  /// Lets the database go.
  @Override
  public void close() throws IOException {
    try (reader) {
      release();
    }
  }

  private static void close(AutoCloseable resource) throws IOException {
    try {
      resource.close();
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  private static void closeAfter(Optional<? extends AutoCloseable> resource, Exception cause) {
    try {
      if (resource.isPresent()) {
        resource.get().close();
      }
    } catch (Exception closing) {
      cause.addSuppressed(closing);
    }
  }
}
