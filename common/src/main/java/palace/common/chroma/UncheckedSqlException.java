package palace.common.chroma;

import java.sql.SQLException;

/// Carries an [SQLException] through a row callback back to [ChromaDatabase], which translates it.
final class UncheckedSqlException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final SQLException sqlException;

  UncheckedSqlException(SQLException cause) {
    super(cause);
    sqlException = cause;
  }

  SQLException sqlException() {
    return sqlException;
  }
}
