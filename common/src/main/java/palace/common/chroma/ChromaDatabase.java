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
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteErrorCode;
import palace.common.PalaceException;
import palace.common.files.LiveFiles;
import palace.common.files.TreeDelete;

/// One connection to a `chroma.sqlite3`. Every failure is a [PalaceException] that names the file;
/// SQL's own exceptions are seen nowhere else. Not safe for use by several threads.
///
/// A failure with which SQLite ends a transaction by itself is thrown again by every later
/// statement until [#rollback]: whoever took the first for one of its own cannot go on outside it.
///
/// Foreign keys stay off, as they effectively are in every Chroma: `segments` refers to a table
/// that does not exist.
public final class ChromaDatabase implements AutoCloseable {
  /// What to type when a database is damaged.
  static final String DAMAGE_HINT =
      "palace doctor says what is damaged, palace repair gets back what can be had";

  private static final String TABLES =
      """
      ["acquire_write","collection_metadata","collections","databases","embedding_fulltext",
       "embedding_fulltext_search","embedding_fulltext_search_config",
       "embedding_fulltext_search_content","embedding_fulltext_search_data",
       "embedding_fulltext_search_docsize","embedding_fulltext_search_idx","embedding_metadata",
       "embedding_metadata_array","embeddings","embeddings_queue","embeddings_queue_config",
       "maintenance_log","max_seq_id","migrations","segment_metadata","segments","tenants"]
      """;

  private static final int BUSY_MILLIS = 10_000;

  /// So many rows cost nobody anything.
  private static final int FEW_ROWS = 100_000;

  private final Path file;
  private final Connection connection;
  private final Mode mode;
  private final List<LiveFiles.Registration> live = new ArrayList<>();
  private Optional<WorkLimit> work = Optional.empty();
  private final Transaction transaction;

  private ChromaDatabase(Path file, Connection connection, Mode mode) {
    this.file = file;
    this.connection = connection;
    this.mode = mode;
    transaction = new Transaction(connection);
  }

  /// How a connection may use the file.
  enum Mode {
    READ_ONLY("mode=ro"),
    IMMUTABLE("mode=ro&immutable=1"),
    READ_WRITE("mode=rw"),
    CREATE("mode=rwc");

    private final String query;

    Mode(String query) {
      this.query = query;
    }
  }

  /// Opens a file for reading under SQLite's shared lock. Nothing is written as long as the file is
  /// in rollback-journal mode and needs no recovery; [SourceDatabase] sees to that.
  public static ChromaDatabase openReadOnly(Path file) throws IOException {
    return open(file, Mode.READ_ONLY);
  }

  /// Opens a file that nobody can change, without locks.
  static ChromaDatabase openImmutable(Path file) throws IOException {
    return open(file, Mode.IMMUTABLE);
  }

  /// Opens an existing file for writing.
  public static ChromaDatabase openForWriting(Path file) throws IOException {
    return open(file, Mode.READ_WRITE);
  }

  /// {@return whether opening a file for writing changes nothing by itself: it is a SQLite database
  /// that we may write to, and neither a hot journal nor a write-ahead log lies beside it}
  public static boolean canWriteWithoutRecovery(Path file) throws IOException {
    return Files.isWritable(file) && SourceDatabase.isIntactWithoutRecovery(file);
  }

  /// Creates a file that nobody else sees yet: no journal and no fsync until the caller forces the
  /// finished file.
  public static ChromaDatabase create(Path file) throws IOException {
    ChromaDatabase database = open(file, Mode.CREATE);
    // Without a schema's name these would hold for a database that is attached later, too, and lock
    // a source in write-ahead mode.
    database.execute("PRAGMA main.journal_mode=OFF");
    database.execute("PRAGMA main.synchronous=OFF");
    database.execute("PRAGMA main.locking_mode=EXCLUSIVE");
    database.execute("PRAGMA cache_size=-16384");
    return database;
  }

  private static ChromaDatabase open(Path file, Mode mode) throws IOException {
    if (mode != Mode.IMMUTABLE) {
      SourceDatabase.requirePlainSidecars(file);
    }
    ChromaDatabase database = connect(file, mode);
    try {
      if (mode != Mode.IMMUTABLE) {
        database.live.add(LiveFiles.register(file));
      }
      database.execute("PRAGMA foreign_keys=OFF");
      database.execute("PRAGMA busy_timeout=" + BUSY_MILLIS);
      if (mode == Mode.READ_ONLY || mode == Mode.IMMUTABLE) {
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
      throw translate(file, e);
    }
  }

  private static ChromaDatabase connect(Path file, Mode mode) throws IOException {
    try {
      return new ChromaDatabase(file, DriverManager.getConnection(url(file, mode)), mode);
    } catch (SQLException e) {
      throw translate(file, e);
    }
  }

  /// A connection that a pool lends; closing it gives it back.
  static ChromaDatabase lent(Path file, Connection connection, Mode mode) {
    return new ChromaDatabase(file, connection, mode);
  }

  /// {@return how this connection may use the file}
  Mode mode() {
    return mode;
  }

  /// {@return what JDBC opens to get a connection of a kind}
  static String url(Path file, Mode mode) {
    return "jdbc:sqlite:" + uri(file, mode.query);
  }

  private void closeAfter(Exception cause) {
    try {
      close();
    } catch (IOException closing) {
      cause.addSuppressed(closing);
    }
  }

  /// A SQLite URI: a path may hold `?`, `#` and `%`, which mean something there.
  private static String uri(Path file, String query) {
    return "file:" + escape(file.toAbsolutePath().toString()) + "?" + query;
  }

  private static String escape(String path) {
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23");
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
          DAMAGE_HINT,
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
      throw isBusy(e) ? WriteLock.taken(file) : translate(file, e);
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
      throw translate(file, e);
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

  /// Lets no other process in from the end of the next transaction until this connection closes or
  /// [#readmitOthers] is called, not even to read: between two transactions, too, nobody else can
  /// write. Nothing changes before that end.
  public void keepOthersOut() throws IOException {
    execute("PRAGMA locking_mode=EXCLUSIVE");
  }

  /// Ends [#keepOthersOut], and removes the emptied journal that SQLite keeps as long as others are
  /// kept out.
  public void readmitOthers() throws IOException {
    boolean deleting = first("PRAGMA journal_mode", row -> row.text(1)).orElse("").equals("delete");
    execute("PRAGMA locking_mode=NORMAL");
    if (deleting) {
      execute("PRAGMA journal_mode=TRUNCATE");
      execute("PRAGMA journal_mode=DELETE");
      // SQLite does not tell when it could not, and others stay out until the next statement.
      deleteJournal(SourceDatabase.sidecar(file, "-journal"));
    }
    number("SELECT count(*) FROM sqlite_master");
  }

  private static void deleteJournal(Path journal) throws IOException {
    try {
      TreeDelete.deleteFile(journal);
    } catch (IOException e) {
      throw new PalaceException.Failed(
          "cannot remove the journal of a transaction that is over: " + e.getMessage(),
          "see what stands there, and remove it when nothing uses the palace",
          e);
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
      connection.unwrap(SQLiteConnection.class).getDatabase().interrupt();
    } catch (SQLException e) {
      throw translate(file, e);
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
    Mode mode = immutable ? Mode.IMMUTABLE : Mode.READ_ONLY;
    execute("ATTACH DATABASE ? AS " + schema, uri(other, mode.query));
    if (!immutable) {
      live.add(LiveFiles.register(other));
    }
  }

  /// {@return whether a table, view or virtual table exists}
  public boolean hasTable(String name) throws IOException {
    return number(
            "SELECT count(*) FROM sqlite_master WHERE type IN ('table','view') AND name=?", name)
        > 0;
  }

  /// {@return what stands where Chroma has a table and computes its rows, which may take for ever:
  /// a view, or a table with generated columns}
  public Optional<String> computedTable() throws IOException {
    return first(
        "SELECT name FROM sqlite_master WHERE name IN (SELECT value FROM json_each(?)) AND (type='view'"
            + " OR type='table' AND sql NOT LIKE 'CREATE VIRTUAL%' AND EXISTS"
            + " (SELECT 1 FROM pragma_table_xinfo(sqlite_master.name) WHERE hidden>1))",
        row -> row.text(1), TABLES);
  }

  /// {@return the name of a trigger, when there is one: Chroma makes none, and every change of a
  /// row would run it}
  public Optional<String> trigger() throws IOException {
    return first("SELECT name FROM sqlite_master WHERE type='trigger'", row -> row.text(1));
  }

  /// {@return the column names of a table, none when it does not exist}
  public Set<String> columns(String table) throws IOException {
    return new HashSet<>(list("SELECT name FROM pragma_table_info(?)", row -> row.text(1), table));
  }

  /// {@return how far the migrations have gone by their own record; zeros where there are no rows}
  public SchemaLevel recordedLevel() throws IOException {
    if (!hasTable("migrations")) {
      return new SchemaLevel(0, 0, 0);
    }
    return new SchemaLevel(versionOf("sysdb"), versionOf("metadb"), versionOf("embeddings_queue"));
  }

  /// {@return the level that the tables really have, whatever the `migrations` rows say; zeros
  /// where there is no collection table}
  public SchemaLevel level() throws IOException {
    if (!hasTable("collections")) {
      return new SchemaLevel(0, 0, 0);
    }
    return new SchemaLevel(
        sysdbVersion(), metadbVersion(), hasTable("embeddings_queue_config") ? 2 : 1);
  }

  private int sysdbVersion() throws IOException {
    Set<String> collection = columns("collections");
    if (collection.contains("schema_str")) {
      return 10;
    }
    if (hasTable("maintenance_log")) {
      return 9;
    }
    if (collection.contains("config_json_str")) {
      return 7;
    }
    if (columns("collection_metadata").contains("bool_value")) {
      return 6;
    }
    return collection.contains("topic") ? collection.contains("database_id") ? 4 : 3 : 5;
  }

  private int metadbVersion() throws IOException {
    if (hasTable("embedding_metadata_array")) {
      return 6;
    }
    if (number(
            "SELECT count(*) FROM pragma_table_info('max_seq_id') WHERE name='seq_id' AND type='INTEGER'")
        > 0) {
      return 5;
    }
    if (number("SELECT count(*) FROM sqlite_master WHERE name='embedding_metadata_int_value'")
        > 0) {
      return 4;
    }
    if (hasTable(FullText.TABLE) || hasTable(FullText.TABLE + "_content")) {
      return 3;
    }
    return columns("embedding_metadata").contains("bool_value") ? 2 : 1;
  }

  private int versionOf(String dir) throws IOException {
    return Math.toIntExact(
        Math.clamp(
            number("SELECT max(version) FROM migrations WHERE dir=?", dir), 0, Integer.MAX_VALUE));
  }

  /// Copies the database page by page with SQLite's backup API, so that a journal or write-ahead
  /// log counts.
  public void backUpTo(Path target) throws IOException {
    try {
      int result =
          connection
              .unwrap(SQLiteConnection.class)
              .getDatabase()
              .backup("main", target.toAbsolutePath().toString(), null);
      requireWhole(target, SQLiteErrorCode.getErrorCode(result));
    } catch (SQLException e) {
      throw translate(file, e);
    }
  }

  /// The driver gives SQLite's verdict back and does not throw it.
  private void requireWhole(Path target, SQLiteErrorCode verdict) throws IOException {
    if (verdict != SQLiteErrorCode.SQLITE_OK) {
      throw new PalaceException.Failed(
          "cannot copy %s to %s: %s (%s)".formatted(file, target, verdict.message, verdict),
          "make room or give access there, then run it again");
    }
    long expected = number("PRAGMA page_count") * number("PRAGMA page_size");
    long found = Files.size(target);
    if (found != expected) {
      throw new PalaceException.Failed(
          "the copy of %s at %s has %d bytes, expected %d".formatted(file, target, found, expected),
          "make room or give access there, then run it again");
    }
  }

  @Override
  public void close() throws IOException {
    try {
      connection.close();
    } catch (SQLException e) {
      throw translate(file, e);
    } finally {
      live.forEach(LiveFiles.Registration::close);
    }
  }

  /// {@return whether a failure means that the file has to be recovered before it can be read}
  static boolean needsRecovery(PalaceException failure) {
    return failure.getCause() instanceof SQLException e
            && (e.getErrorCode() & 0xFF) == SQLiteErrorCode.SQLITE_READONLY.code
        || failure.getCause() instanceof SQLException f
            && (f.getErrorCode() & 0xFF) == SQLiteErrorCode.SQLITE_CANTOPEN.code;
  }

  private static boolean isBusy(SQLException e) {
    int code = e.getErrorCode() & 0xFF;
    return code == SQLiteErrorCode.SQLITE_BUSY.code || code == SQLiteErrorCode.SQLITE_LOCKED.code;
  }

  private PalaceException failed(SQLException e) {
    return translate(file, transaction.after(e));
  }

  static PalaceException translate(Path file, SQLException e) {
    int code = e.getErrorCode() & 0xFF;
    String said = file + ": " + e.getMessage();
    if (code == SQLiteErrorCode.SQLITE_INTERRUPT.code) {
      return new PalaceException.DamagedDatabase(
          file + ": a query takes more steps than a sound file of its size can need",
          DAMAGE_HINT,
          e);
    }
    if (code == SQLiteErrorCode.SQLITE_CORRUPT.code
        || code == SQLiteErrorCode.SQLITE_NOTADB.code
        || said.contains("unsupported file format")) {
      return new PalaceException.DamagedDatabase(said, DAMAGE_HINT, e);
    }
    if (isBusy(e)) {
      return new PalaceException.Busy(
          said, "another process is writing to it; stop it or try again later");
    }
    if (code == SQLiteErrorCode.SQLITE_CANTOPEN.code
        || code == SQLiteErrorCode.SQLITE_READONLY.code
        || code == SQLiteErrorCode.SQLITE_PERM.code) {
      return new PalaceException.Refused(
          said, "check that the file exists and that you may read it", e);
    }
    if (code == SQLiteErrorCode.SQLITE_FULL.code || code == SQLiteErrorCode.SQLITE_IOERR.code) {
      return new PalaceException.Failed(said, "check the disk and its free space", e);
    }
    return new PalaceException.Failed(said, DAMAGE_HINT, e);
  }
}
