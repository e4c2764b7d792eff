package palace.common.chroma;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.core.DB;
import palace.common.PalaceException;

/// A copy that SQLite makes of a database through its backup API.
///
/// @param source the connection to copy from
/// @param target the file to write
record Backup(ChromaDatabase source, Path target) {
  private static final String HINT = "make room or give access there, then run it again";

  void make(DB driver) throws IOException {
    try {
      int result = driver.backup("main", target.toAbsolutePath().toString(), null);
      requireWhole(SQLiteErrorCode.getErrorCode(result));
    } catch (SQLException e) {
      throw SqliteFailure.of(source.file(), e);
    }
  }

  /// The driver gives SQLite's verdict back and does not throw it.
  private void requireWhole(SQLiteErrorCode verdict) throws IOException {
    if (verdict != SQLiteErrorCode.SQLITE_OK) {
      throw new PalaceException.Failed(
          "cannot copy %s to %s: %s (%s)"
              .formatted(source.file(), target, verdict.message, verdict),
          HINT);
    }
    long expected = source.number("PRAGMA page_count") * source.number("PRAGMA page_size");
    long found = Files.size(target);
    if (found != expected) {
      throw new PalaceException.Failed(
          "the copy of %s at %s has %d bytes, expected %d"
              .formatted(source.file(), target, found, expected),
          HINT);
    }
  }
}
