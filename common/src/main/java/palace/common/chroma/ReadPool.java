package palace.common.chroma;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import palace.common.files.LiveFiles;

/// Read-only connections to one database file, each inside a read transaction that lasts as long as
/// the pool: several threads read one unchanged file, every thread through its own connection.
///
/// They are made at once, while another connection's read transaction keeps writers from
/// committing, so that none of them can see another state than that connection does.
public final class ReadPool implements AutoCloseable {
  private static final long PATIENCE_MILLIS = 5_000;
  private static final int BUSY_MILLIS = 1_000;

  private final Path file;
  private final OpenMode mode;
  private final HikariDataSource connections;
  private final LiveFiles.Registration live;

  private ReadPool(Path file, OpenMode mode, int size) throws IOException {
    this.file = file;
    this.mode = mode;
    live = LiveFiles.register(file);
    connections = new HikariDataSource(configuration(file, mode, size));
  }

  static Optional<ReadPool> open(Path file, OpenMode mode, int size) {
    try {
      ReadPool pool = new ReadPool(file, mode, size);
      try {
        pool.beginReading(size);
        return Optional.of(pool);
      } catch (IOException e) {
        pool.close();
        return Optional.empty();
      }
    } catch (IOException | HikariPool.PoolInitializationException e) {
      return Optional.empty();
    }
  }

  /// Nothing here may come or go by itself: a connection made later would not be in the
  /// transaction.
  private static HikariConfig configuration(Path file, OpenMode mode, int size) {
    var configuration = new HikariConfig();
    configuration.setPoolName("palace");
    configuration.setJdbcUrl(mode.url(file));
    configuration.setMaximumPoolSize(size);
    configuration.setMinimumIdle(0);
    configuration.setInitializationFailTimeout(-1);
    configuration.setConnectionTimeout(PATIENCE_MILLIS);
    configuration.setMaxLifetime(0);
    configuration.setIdleTimeout(0);
    configuration.addDataSourceProperty("busy_timeout", BUSY_MILLIS);
    configuration.addDataSourceProperty("foreign_keys", false);
    configuration.setConnectionInitSql("BEGIN");
    return configuration;
  }

  private void beginReading(int size) throws IOException {
    List<ChromaDatabase> all = new ArrayList<>();
    try {
      for (int i = 0; i < size; i++) {
        ChromaDatabase connection = borrow();
        all.add(connection);
        connection.number("SELECT count(*) FROM sqlite_master");
      }
    } finally {
      for (ChromaDatabase connection : all) {
        connection.close();
      }
    }
  }

  /// {@return a connection that nobody else uses until it is closed, which gives it back}
  public ChromaDatabase borrow() throws IOException {
    try {
      return ChromaDatabase.lent(file, connections.getConnection(), mode);
    } catch (SQLException e) {
      throw SqliteFailure.of(file, e);
    }
  }

  /// Ends every transaction and closes every connection; all must have been given back.
  @Override
  public void close() {
    connections.close();
    live.close();
  }
}
