package palace.common.chroma;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;

/// The write transaction of one connection. SQLite ends it by itself where a page cannot be written
/// (disk full, I/O error, no memory), and from then on every statement would be a transaction of
/// its own; so after such an end nothing more is let through until the caller takes notice. Of some
/// statements it takes back only the one that met the disk; here the transaction ends with those,
/// too, for nobody may go on upon a disk that refuses a page.
///
/// Source: SQLite's documentation of `BEGIN`, "Response To Errors Within A Transaction".
final class Transaction {
  private static final int PRIMARY_CODE = 0xFF;

  private final Connection connection;
  private boolean running;
  private Optional<SQLException> end = Optional.empty();

  Transaction(Connection connection) {
    this.connection = connection;
  }

  void began() {
    running = true;
  }

  void ended() {
    running = false;
    end = Optional.empty();
  }

  /// {@return whether it was begun and neither committed nor rolled back by the caller}
  boolean isOpen() {
    return running;
  }

  /// {@return whether SQLite has rolled it back by itself}
  boolean isLost() {
    return end.isPresent();
  }

  /// Looks, after a statement failed, whether the transaction went with it, or has to.
  ///
  /// @return the failure
  SQLException after(SQLException failure) {
    if (running && end.isEmpty() && (canBegin() || isRefusedByDisk(failure))) {
      end = Optional.of(failure);
    }
    return failure;
  }

  private boolean isRefusedByDisk(SQLException failure) {
    int code = failure.getErrorCode() & PRIMARY_CODE;
    if (code != SQLiteErrorCode.SQLITE_FULL.code && code != SQLiteErrorCode.SQLITE_IOERR.code) {
      return false;
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute("ROLLBACK");
    } catch (SQLException e) {
      failure.addSuppressed(e);
    }
    return true;
  }

  /// SQLite has no other way to ask through JDBC: within a transaction none can begin.
  private boolean canBegin() {
    try (Statement statement = connection.createStatement()) {
      statement.execute("BEGIN");
      statement.execute("ROLLBACK");
      return true;
    } catch (SQLException within) {
      return false;
    }
  }

  /// Asks SQLite whether the transaction is running: it may have ended with a statement whose
  /// failure nobody saw.
  ///
  /// @throws SQLException when it has ended
  void requireRunning() throws SQLException {
    if (end.isEmpty() && canBegin()) {
      end = Optional.of(new SQLException("SQLite has ended the transaction by itself"));
    }
    require();
  }

  /// Lets a statement through unless SQLite has ended the transaction.
  ///
  /// @throws SQLException the failure with which it ended
  void require() throws SQLException {
    @Nullable SQLException cause = end.orElse(null);
    if (cause != null) {
      throw new SQLException(cause.getMessage(), cause.getSQLState(), cause.getErrorCode(), cause);
    }
  }
}
