package palace.common.chroma;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import palace.common.PalaceException;
import palace.common.files.LiveFiles;
import palace.common.files.PrivateDirectory;

/// A palace's database opened so that not one byte in or beside the palace is written: no rollback
/// of a hot journal in place, no `-shm` file. A database that needs recovery is recovered in a
/// private copy.
///
/// All reads share one read transaction, so they see one state even while a Chroma is writing.
public final class SourceDatabase implements AutoCloseable {
  private static final byte[] SQLITE_MAGIC =
      "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);
  private static final List<String> SIDECARS = List.of("-journal", "-wal", "-shm");
  private static final int HEADER_BYTES = 100;
  private static final int WRITE_VERSION_OFFSET = 18;
  private static final int WAL_VERSION = 2;
  private static final int CHANGE_COUNTER_OFFSET = 24;
  private static final int PAGE_SIZE_OFFSET = 16;
  private static final int LARGEST_PAGE = 65536;
  private static final int PAGES_OFFSET = 28;
  private static final int COUNTED_AT_CHANGE_OFFSET = 92;

  private final ChromaDatabase database;
  private final DatabaseCondition condition;
  private final Optional<PrivateDirectory> copy;
  private final boolean lent;

  private SourceDatabase(
      ChromaDatabase database,
      DatabaseCondition condition,
      Optional<PrivateDirectory> copy,
      boolean lent) {
    this.database = database;
    this.condition = condition;
    this.copy = copy;
    this.lent = lent;
  }

  /// {@return a connection that is open already, read as it is, with whatever its own transaction
  /// has changed; closing this leaves the connection open}
  public static SourceDatabase over(ChromaDatabase database) {
    return new SourceDatabase(database, new DatabaseCondition.Clean(), Optional.empty(), true);
  }

  /// Opens a database file for reading; whoever opens it closes it.
  ///
  /// A file to which this process has a connection already is read through SQLite alone: its header
  /// must not be read by its path, and whoever opened it has seen to its recovery.
  public static SourceDatabase open(Path file) throws IOException {
    requirePlainSidecars(file);
    if (LiveFiles.isOpen(file)) {
      return reading(
          ChromaDatabase.openReadOnly(file), new DatabaseCondition.Clean(), Optional.empty());
    }
    byte[] header = headerOf(file);
    long logBytes = sizeOf(sidecar(file, "-wal"));
    if (logBytes > 0) {
      return openCopy(file, new DatabaseCondition.UnmergedLog(logBytes), "-wal");
    }
    if (header[WRITE_VERSION_OFFSET] == WAL_VERSION) {
      return reading(
          ChromaDatabase.openImmutable(file), new DatabaseCondition.Clean(), Optional.empty());
    }
    return openWithJournal(file);
  }

  static boolean isWriteAheadWithoutLog(Path file) throws IOException {
    return !LiveFiles.isOpen(file)
        && !hasLog(file)
        && headerOf(file)[WRITE_VERSION_OFFSET] == WAL_VERSION;
  }

  /// {@return whether the file is a database beside which nothing waits to be recovered}
  static boolean isIntactWithoutRecovery(Path file) throws IOException {
    if (hasLog(file) || mayBeHot(sidecar(file, "-journal"))) {
      return false;
    }
    return LiveFiles.isOpen(file) || isDatabase(firstBytes(file, SQLITE_MAGIC.length));
  }

  /// How a database keeps its transactions whole.
  enum Journal {
    /// By a rollback journal.
    ROLLBACK,
    /// By a write-ahead log that holds something.
    LOG,
    /// By a write-ahead log that is empty or comes with the first connection.
    LOG_TO_COME
  }

  /// {@return how a file keeps its transactions whole, or empty when it is no SQLite database}
  static Optional<Journal> journalOf(Path file) throws IOException {
    byte[] header = firstBytes(file, HEADER_BYTES);
    if (header.length < HEADER_BYTES || !isDatabase(header)) {
      return Optional.empty();
    }
    if (hasLog(file)) {
      return Optional.of(Journal.LOG);
    }
    boolean logged = header[WRITE_VERSION_OFFSET] == WAL_VERSION;
    return Optional.of(logged ? Journal.LOG_TO_COME : Journal.ROLLBACK);
  }

  /// SQLite takes a journal that begins with a zero byte for finished.
  private static boolean mayBeHot(Path journal) throws IOException {
    try {
      byte[] first = sizeOf(journal) > 0 ? firstBytes(journal, 1) : new byte[0];
      return first.length > 0 && first[0] != 0;
    } catch (NoSuchFileException e) {
      // A transaction has just ended.
      return false;
    }
  }

  /// SQLite itself decides whether a journal is hot: one that belongs to a live writer is not.
  private static SourceDatabase openWithJournal(Path file) throws IOException {
    long journalBytes = sizeOf(sidecar(file, "-journal"));
    try {
      return reading(
          ChromaDatabase.openReadOnly(file), new DatabaseCondition.Clean(), Optional.empty());
    } catch (PalaceException e) {
      if (journalBytes > 0 && SqliteFailure.needsRecovery(e)) {
        return openCopy(file, new DatabaseCondition.HotJournal(journalBytes), "-journal");
      }
      throw e;
    }
  }

  private static SourceDatabase openCopy(Path file, DatabaseCondition condition, String suffix)
      throws IOException {
    PrivateDirectory directory = PrivateDirectory.create();
    try {
      Path main = directory.copyIn(file);
      directory.copyIn(sidecar(file, suffix));
      return reading(recovered(main), condition, Optional.of(directory));
    } catch (IOException | RuntimeException e) {
      closeAfter(directory, e);
      throw e;
    }
  }

  /// Everything is in the file itself then, for whoever reads its pages.
  private static ChromaDatabase recovered(Path copy) throws IOException {
    ChromaDatabase database = ChromaDatabase.openForWriting(copy);
    try {
      database.mergeLog();
      return database;
    } catch (IOException | RuntimeException e) {
      closeAfter(database, e);
      throw e;
    }
  }

  private static SourceDatabase reading(
      ChromaDatabase database, DatabaseCondition condition, Optional<PrivateDirectory> copy)
      throws IOException {
    try {
      database.beginReading();
      return new SourceDatabase(database, condition, copy, false);
    } catch (IOException | RuntimeException e) {
      closeAfter(database, e);
      throw e;
    }
  }

  private static void closeAfter(AutoCloseable resource, Exception cause) {
    try {
      resource.close();
    } catch (Exception closing) {
      cause.addSuppressed(closing);
    }
  }

  /// {@return how often the file was changed by a transaction, modulo 2^32, as its header counts;
  /// in write-ahead mode not every transaction counts} The file must not need recovery, and no
  /// connection of this process may have it open.
  public static long changeCounter(Path file) throws IOException {
    return Integer.toUnsignedLong(ByteBuffer.wrap(headerOf(file)).getInt(CHANGE_COUNTER_OFFSET));
  }

  /// {@return whether a file ends before the last page that its own header counts, as a copy does
  /// that was interrupted} No SQLite opens such a file, so nothing was written to it since.
  public static boolean isCutShort(Path file) throws IOException {
    byte[] bytes = firstBytes(file, HEADER_BYTES);
    if (bytes.length < HEADER_BYTES || !isDatabase(bytes)) {
      return false;
    }
    ByteBuffer header = ByteBuffer.wrap(bytes);
    int stated = Short.toUnsignedInt(header.getShort(PAGE_SIZE_OFFSET));
    long pages = Integer.toUnsignedLong(header.getInt(PAGES_OFFSET));
    boolean counted =
        header.getInt(CHANGE_COUNTER_OFFSET) == header.getInt(COUNTED_AT_CHANGE_OFFSET);
    return counted && Files.size(file) < pages * (stated == 1 ? LARGEST_PAGE : stated);
  }

  private static byte[] headerOf(Path file) throws IOException {
    byte[] header = firstBytes(file, HEADER_BYTES);
    if (header.length < HEADER_BYTES || !isDatabase(header)) {
      throw new PalaceException.DamagedDatabase(
          file + ": not an SQLite database: its first bytes are not an SQLite header",
          SqliteFailure.DAMAGE_HINT,
          new IOException("file is not a database"));
    }
    return header;
  }

  private static byte[] firstBytes(Path file, int count) throws IOException {
    LiveFiles.requireNotOpen(file);
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(count);
    } catch (AccessDeniedException e) {
      throw new PalaceException.Refused(
          file + ": permission denied", "run palace as the owner of the palace", e);
    }
  }

  private static boolean isDatabase(byte[] header) {
    return header.length >= SQLITE_MAGIC.length
        && Arrays.equals(header, 0, SQLITE_MAGIC.length, SQLITE_MAGIC, 0, SQLITE_MAGIC.length);
  }

  /// {@return the path of a file that SQLite keeps beside a database}
  public static Path sidecar(Path file, String suffix) {
    return file.resolveSibling(file.getFileName() + suffix);
  }

  /// Refuses a database beside which something else stands at a name where SQLite keeps a file:
  /// SQLite would wait for a pipe for ever, and a link could lead anywhere.
  static void requirePlainSidecars(Path file) throws IOException {
    for (String suffix : SIDECARS) {
      Path beside = sidecar(file, suffix);
      if (Files.exists(beside, LinkOption.NOFOLLOW_LINKS)
          && !Files.isRegularFile(beside, LinkOption.NOFOLLOW_LINKS)) {
        throw new PalaceException.Refused(
            beside
                + ": a link, a directory or a special file, expected a file of SQLite's or nothing",
            "see what it is, and move it out of the palace");
      }
    }
  }

  /// {@return whether a file lacks what stands in a write-ahead log beside it}
  public static boolean hasLog(Path file) throws IOException {
    return sizeOf(sidecar(file, "-wal")) > 0;
  }

  private static long sizeOf(Path file) throws IOException {
    try {
      return Files.isRegularFile(file) ? Files.size(file) : 0;
    } catch (NoSuchFileException e) {
      // Whoever made it has removed it.
      return 0;
    }
  }

  /// {@return the connection to read with}
  public ChromaDatabase database() {
    return database;
  }

  /// Opens more connections to the same file, for several threads. The read transaction of this one
  /// keeps the file as it is, so that all of them see one state; they are closed before this one.
  ///
  /// @return empty where there can be only this one connection: a private copy, one that was open
  ///   already, or a file that a writer is about to lock
  public Optional<ReadPool> pool(int connections) {
    return lent || copy.isPresent()
        ? Optional.empty()
        : ReadPool.open(database.file(), database.mode(), connections);
  }

  /// {@return what was found beside the file}
  public DatabaseCondition condition() {
    return condition;
  }

  @Override
  public void close() throws IOException {
    if (lent) {
      return;
    }
    try (PrivateDirectory toDelete = copy.orElse(null)) {
      database.close();
    }
  }
}
