package palace.common.chroma;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConnection;
import org.sqlite.core.DB;
import palace.common.PalaceException;
import palace.common.files.LiveFiles;

/// One connection to a `chroma.sqlite3`. Every failure is a [PalaceException] that names the file;
/// SQL's own exceptions are seen nowhere else. Not safe for use by several threads.
///
/// A failure with which SQLite ends a transaction by itself is thrown again by every later
/// statement until [#rollback]: whoever took the first for one of its own cannot go on outside it.
///
/// Foreign keys stay off, as they effectively are in every Chroma: `segments` refers to a table
/// that does not exist.
public final class ChromaDatabase implements AutoCloseable {
  private static final int BUSY_MILLIS = 10_000;

  /// So many rows cost nobody anything.
  private static final int FEW_ROWS = 100_000;

  private final Path file;
  private final Connection connection;
  private final OpenMode mode;
  private final List<LiveFiles.Registration> live = new ArrayList<>();
  private Optional<WorkLimit> work = Optional.empty();
  private final Transaction transaction;

  private ChromaDatabase(Path file, Connection connection, OpenMode mode) {
    this.file = file;
    this.connection = connection;
    this.mode = mode;
    transaction = new Transaction(connection);
  }

  /// Opens a file for reading under SQLite's shared lock. Nothing is written as long as the file is
  /// in rollback-journal mode and needs no recovery; [SourceDatabase] sees to that.
  public static ChromaDatabase openReadOnly(Path file) throws IOException {
    return open(file, OpenMode.READ_ONLY);
  }

  /// Opens a file that nobody can change, without locks.
  static ChromaDatabase openImmutable(Path file) throws IOException {
    return open(file, OpenMode.IMMUTABLE);
  }

  /// Opens an existing file for writing.
  public static ChromaDatabase openForWriting(Path file) throws IOException {
    return open(file, OpenMode.READ_WRITE);
  }

  /// {@return whether opening a file for writing changes nothing by itself: it is a SQLite database
  /// that we may write to, and neither a hot journal nor a write-ahead log lies beside it}
  public static boolean canWriteWithoutRecovery(Path file) throws IOException {
    return Files.isWritable(file) && SourceDatabase.isIntactWithoutRecovery(file);
  }

  /// Creates a file that nobody else sees yet: no journal and no fsync until the caller forces the
  /// finished file.
  public static ChromaDatabase create(Path file) throws IOException {
    ChromaDatabase database = open(file, OpenMode.CREATE);
    // Without a schema's name these would hold for a database that is attached later, too, and lock
    // a source in write-ahead mode.
    database.execute("PRAGMA main.journal_mode=OFF");
    database.execute("PRAGMA main.synchronous=OFF");
    database.execute("PRAGMA main.locking_mode=EXCLUSIVE");
    database.execute("PRAGMA cache_size=-16384");
    return database;
  }

  private static ChromaDatabase open(Path file, OpenMode mode) throws IOException {
    if (mode != OpenMode.IMMUTABLE) {
      SourceDatabase.requirePlainSidecars(file);
    }
    ChromaDatabase database = connect(file, mode);
    try {
      if (mode != OpenMode.IMMUTABLE) {
        database.live.add(LiveFiles.register(file));
      }
      database.execute("PRAGMA foreign_keys=OFF");
      database.execute("PRAGMA busy_timeout=" + BUSY_MILLIS);
      if (mode == OpenMode.READ_ONLY || mode == OpenMode.IMMUTABLE) {
        database.limitWork();
      }
      return database;
    } catch (IOException | RuntimeException e) {
      database.closeAfter(e);
      throw e;
    }
  }

  private void limitWork() throws IOException {
    try {
      work = Optional.of(WorkLimit.on(connection, Files.size(file)));
    } catch (SQLException e) {
      throw SqliteFailure.of(file, e);
    }
  }

  private static ChromaDatabase connect(Path file, OpenMode mode) throws IOException {
    try {
      return new ChromaDatabase(file, DriverManager.getConnection(mode.url(file)), mode);
    } catch (SQLException e) {
      throw SqliteFailure.of(file, e);
    }
  }

  /// A connection that a pool lends; closing it gives it back.
  static ChromaDatabase lent(Path file, Connection connection, OpenMode mode) {
    return new ChromaDatabase(file, connection, mode);
  }

  /// {@return how this connection may use the file}
  OpenMode mode() {
    return mode;
  }

  private void closeAfter(Exception cause) {
    try {
      close();
    } catch (IOException closing) {
      cause.addSuppressed(closing);
    }
  }

  /// {@return the file this connection reads or writes}
  public Path file() {
    return file;
  }

  /// Turns one row into a value.
  @FunctionalInterface
  public interface RowMapper<T> {
    /// {@return the value of a row}
    T map(Row row);
  }

  /// Takes one row.
  @FunctionalInterface
  public interface RowConsumer {
    /// Uses a row; it is not valid afterwards.
    void accept(Row row) throws IOException;
  }

  /// {@return one value per row}
  public <T> List<T> list(String sql, RowMapper<T> mapper, @Nullable Object... arguments)
      throws IOException {
    var values = new ArrayList<T>();
    each(sql, row -> values.add(mapper.map(row)), arguments);
    return values;
  }

  /// {@return the value of the first row, if there is a row}
  public <T> Optional<T> first(String sql, RowMapper<T> mapper, @Nullable Object... arguments)
      throws IOException {
    List<T> values = list(sql, mapper, arguments);
    return values.isEmpty() ? Optional.empty() : Optional.of(values.getFirst());
  }

  /// {@return the integer in the first column of the first row, 0 when there is none or it is NULL}
  public long number(String sql, @Nullable Object... arguments) throws IOException {
    return first(sql, row -> row.integer(1), arguments).orElse(0L);
  }

  /// Hands every row to a consumer, one at a time.
  public void each(String sql, RowConsumer consumer, @Nullable Object... arguments)
      throws IOException {
    try (PreparedStatement statement = prepare(sql, arguments);
        ResultSet result = statement.executeQuery()) {
      Row row = new Row(result);
      for (long count = 1; result.next(); count++) {
        if (count % FEW_ROWS == 0) {
          requireRoomFor(count - FEW_ROWS);
        }
        consumer.accept(row);
      }
    } catch (SQLException e) {
      throw failed(e);
    } catch (UncheckedSqlException e) {
      throw failed(e.sqlException());
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /// A row takes more than a byte. Pages of a damaged tree that lead to the same pages over and
  /// over give rows without end.
  private void requireRoomFor(long rows) throws IOException {
    long bytes = number("PRAGMA page_count") * number("PRAGMA page_size");
    if (rows > bytes) {
      throw new PalaceException.DamagedDatabase(
          "%s: a table gives more rows than its %,d bytes can hold".formatted(file, bytes),
          SqliteFailure.DAMAGE_HINT,
          new IOException("more rows than bytes"));
    }
  }

  /// Runs one statement and gives the number of rows it changed.
  public int execute(String sql, @Nullable Object... arguments) throws IOException {
    try (PreparedStatement statement = prepare(sql, arguments)) {
      return statement.execute() ? 0 : Math.max(0, statement.getUpdateCount());
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  /// Runs a script of several statements, such as a migration.
  public void executeScript(String script) throws IOException {
    try (Statement statement = connection.createStatement()) {
      transaction.require();
      statement.executeUpdate(script);
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  /// Runs one statement for many rows of arguments.
  public <T> void executeBatch(
      String sql, Iterable<T> items, Function<T, @Nullable Object[]> arguments) throws IOException {
    try (PreparedStatement statement = prepare(sql)) {
      for (T item : items) {
        bind(statement, arguments.apply(item));
        statement.addBatch();
      }
      statement.executeBatch();
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  private PreparedStatement prepare(String sql, @Nullable Object... arguments) throws SQLException {
    transaction.require();
    work.ifPresent(WorkLimit::begin);
    PreparedStatement statement = connection.prepareStatement(sql);
    bind(statement, arguments);
    return statement;
  }

  private static void bind(PreparedStatement statement, @Nullable Object... arguments)
      throws SQLException {
    for (int i = 0; i < arguments.length; i++) {
      statement.setObject(i + 1, arguments[i]);
    }
  }

  /// Work inside a transaction.
  @FunctionalInterface
  public interface Work {
    /// Does the work.
    void run() throws IOException;
  }

  /// Runs work in one transaction that takes the write lock at once; rolls back when the work
  /// fails.
  public void inTransaction(Work work) throws IOException {
    execute("BEGIN IMMEDIATE");
    transaction.began();
    try {
      work.run();
      commit();
    } catch (IOException | RuntimeException e) {
      rollBack(e);
      throw e;
    }
  }

  /// Takes the write lock of the file and keeps it until [#commit] or [#rollback]: from here on
  /// nobody else can write to it. Waits as long as `patience`, then says with
  /// [PalaceException.Busy] whose transaction is running.
  public void beginWriting(Duration patience) throws IOException {
    execute("PRAGMA busy_timeout=" + Math.clamp(patience.toMillis(), 0, Integer.MAX_VALUE));
    try (PreparedStatement statement = connection.prepareStatement("BEGIN IMMEDIATE")) {
      statement.execute();
      transaction.began();
    } catch (SQLException e) {
      throw SqliteFailure.isBusy(e) ? WriteLock.taken(file) : SqliteFailure.of(file, e);
    }
    execute("PRAGMA busy_timeout=" + BUSY_MILLIS);
  }

  /// As [#beginWriting(Duration)], without waiting.
  public void beginWriting() throws IOException {
    beginWriting(Duration.ZERO);
  }

  /// Makes sure that the transaction of [#beginWriting] is still running. When this fails SQLite
  /// has rolled it back by itself: nothing of it was written, and others may have written since.
  public void requireTransaction() throws IOException {
    try {
      transaction.requireRunning();
    } catch (SQLException e) {
      throw SqliteFailure.of(file, e);
    }
  }

  /// Makes everything since [#beginWriting] durable and lets the write lock go.
  public void commit() throws IOException {
    execute("COMMIT");
    transaction.ended();
  }

  /// Takes everything since [#beginWriting] back and lets the write lock go; does nothing when no
  /// transaction runs.
  public void rollback() throws IOException {
    boolean runs = transaction.isOpen() && !transaction.isLost();
    transaction.ended();
    if (runs) {
      execute("ROLLBACK");
    }
  }

  /// Moves what stands in the write-ahead log, if there is one, into the file itself.
  public void mergeLog() throws IOException {
    number("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  /// Makes the statement that this connection runs just now fail, if it runs one. The only call
  /// that another thread may make.
  public void interrupt() throws IOException {
    try {
      driver().interrupt();
    } catch (SQLException e) {
      throw SqliteFailure.of(file, e);
    }
  }

  /// Forgets every page that was read, so that what is read next comes from the file.
  public void forgetPages() throws IOException {
    execute("PRAGMA shrink_memory");
  }

  private void rollBack(Exception cause) {
    try {
      rollback();
    } catch (IOException rollBackFailure) {
      cause.addSuppressed(rollBackFailure);
    }
  }

  /// Starts the read transaction that all later reads of this connection share.
  public void beginReading() throws IOException {
    execute("BEGIN");
    number("SELECT count(*) FROM sqlite_master");
  }

  /// Makes another database file readable under a schema name. The file is opened read-only, and
  /// one in write-ahead mode that has no log as immutable, because SQLite would create its `-shm`.
  public void attach(Path other, String schema) throws IOException {
    SourceDatabase.requirePlainSidecars(other);
    boolean immutable = SourceDatabase.isWriteAheadWithoutLog(other);
    OpenMode mode = immutable ? OpenMode.IMMUTABLE : OpenMode.READ_ONLY;
    execute("ATTACH DATABASE ? AS " + schema, mode.uri(other));
    if (!immutable) {
      live.add(LiveFiles.register(other));
    }
  }

  /// {@return what the file says of its tables}
  public DatabaseSchema schema() {
    return new DatabaseSchema(this);
  }

  /// Copies the database page by page with SQLite's backup API, so that a journal or write-ahead
  /// log counts. The copy is whole, or this fails.
  public void backUpTo(Path target) throws IOException {
    new Backup(this, target).make(driver());
  }

  private DB driver() throws IOException {
    try {
      return connection.unwrap(SQLiteConnection.class).getDatabase();
    } catch (SQLException e) {
      throw SqliteFailure.of(file, e);
    }
  }

  @Override
  public void close() throws IOException {
    try {
      connection.close();
    } catch (SQLException e) {
      throw SqliteFailure.of(file, e);
    } finally {
      live.forEach(LiveFiles.Registration::close);
    }
  }

  private PalaceException failed(SQLException e) {
    return SqliteFailure.of(file, transaction.after(e));
  }
}
