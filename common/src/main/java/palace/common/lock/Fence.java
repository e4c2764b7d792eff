package palace.common.lock;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.chroma.ChromaDatabase;
import palace.common.swap.LogValue;

/// The write lock of one SQLite file, held by an open transaction that changes nothing: as long as
/// it is held no other process can write to the file, in whatever language it is written. Reading
/// stays possible. The lock belongs to the file and not to its name: it survives a rename.
public final class Fence implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Fence.class);

  private final ChromaDatabase writer;

  private Fence(ChromaDatabase writer) {
    this.writer = writer;
  }

  /// {@return whether the file is a SQLite database that can be fenced without changing it: we may
  /// write to it, and neither a hot journal nor an unmerged write-ahead log lies beside it, which
  /// SQLite would recover in place}
  public static boolean canHold(Path database) throws IOException {
    return ChromaDatabase.canWriteWithoutRecovery(database);
  }

  static Fence hold(Path database, Duration patience) throws IOException {
    ChromaDatabase writer = ChromaDatabase.openForWriting(database);
    try {
      writer.beginWriting(patience);
      return new Fence(writer);
    } catch (IOException | RuntimeException e) {
      closeAfter(writer, e);
      throw e;
    }
  }

  /// {@return the file, by the name it had when the fence was put up}
  public Path database() {
    return writer.file();
  }

  /// Copies the database by SQLite's backup API to a name that is not taken, as it is under the
  /// fence. The file must still be reachable by its name.
  public void backUpTo(Path target) throws IOException {
    // SQLite refuses to back up from the connection whose write transaction is open.
    try (var reader = ChromaDatabase.openReadOnly(writer.file())) {
      reader.backUpTo(target);
    }
  }

  /// Lets others write again. Nothing was changed, so that it fails nothing when SQLite cannot end
  /// the transaction: the lock ends with the connection.
  @Override
  public void close() {
    try (writer) {
      writer.rollback();
    } catch (IOException e) {
      LOG.warn("fence.not-ended database={} cause={}", LogValue.of(writer.file()), LogValue.of(e));
    }
  }

  private static void closeAfter(ChromaDatabase database, Exception cause) {
    try {
      database.close();
    } catch (IOException closing) {
      cause.addSuppressed(closing);
    }
  }
}
