package palace.common.chroma;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The write transaction of one connection. SQLite ends it by itself where a page cannot be written
/// (disk full, I/O error, no memory), and from then on every statement would be a transaction of
/// its own; so after such an end nothing more is let through until the caller takes notice.
///
/// Source: SQLite's documentation of `BEGIN`, "Response To Errors Within A Transaction".
final class Transaction {
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

  /// Looks, after a statement failed, whether the transaction went with it.
  ///
  /// @return the failure
  SQLException after(SQLException failure) {
    if (running && end.isEmpty() && canBegin()) {
      end = Optional.of(failure);
    }
    return failure;
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
