package palace.common.chroma;

import java.nio.file.Path;
import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;
import palace.common.PalaceException;

/// What SQLite's result codes mean to whoever has the file. The lower eight bits of an extended
/// code are the code itself.
final class SqliteFailure {
  /// What to type when a database is damaged.
  static final String DAMAGE_HINT =
      "palace doctor says what is damaged, palace repair gets back what can be had";

  private SqliteFailure() {}

  /// {@return the failure of a statement or a connection as what an operator can act on}
  static PalaceException of(Path file, SQLException e) {
    String said = file + ": " + e.getMessage();
    return switch (codeOf(e)) {
      case SQLITE_INTERRUPT ->
          new PalaceException.DamagedDatabase(
              file + ": a query takes more steps than a sound file of its size can need",
              DAMAGE_HINT,
              e);
      case SQLITE_CORRUPT, SQLITE_NOTADB ->
          new PalaceException.DamagedDatabase(said, DAMAGE_HINT, e);
      case SQLITE_BUSY, SQLITE_LOCKED ->
          new PalaceException.Busy(
              said, "another process is writing to it; stop it or try again later");
      case SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM ->
          new PalaceException.Refused(
              said, "check that the file exists and that you may read it", e);
      case SQLITE_FULL, SQLITE_IOERR ->
          new PalaceException.Failed(said, "check the disk and its free space", e);
      default ->
          said.contains("unsupported file format")
              ? new PalaceException.DamagedDatabase(said, DAMAGE_HINT, e)
              : new PalaceException.Failed(said, DAMAGE_HINT, e);
    };
  }

  private static SQLiteErrorCode codeOf(SQLException e) {
    return SQLiteErrorCode.getErrorCode(e.getErrorCode() & 0xFF);
  }

  /// {@return whether a failure means that the file has to be recovered before it can be read}
  static boolean needsRecovery(PalaceException failure) {
    return failure.getCause() instanceof SQLException e
        && (codeOf(e) == SQLiteErrorCode.SQLITE_READONLY
            || codeOf(e) == SQLiteErrorCode.SQLITE_CANTOPEN);
  }

  /// {@return whether another connection holds a lock that was needed}
  static boolean isBusy(SQLException e) {
    return codeOf(e) == SQLiteErrorCode.SQLITE_BUSY || codeOf(e) == SQLiteErrorCode.SQLITE_LOCKED;
  }
}
