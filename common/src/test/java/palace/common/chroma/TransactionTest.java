package palace.common.chroma;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import palace.common.PalaceException;

/// What may still be done through a connection whose transaction SQLite has ended by itself.
class TransactionTest {
  @TempDir Path directory;

  private ChromaDatabase database;

  @BeforeEach
  void open() throws IOException {
    Path file = directory.resolve("chroma.sqlite3");
    try (ChromaDatabase created = ChromaDatabase.create(file)) {
      created.execute("CREATE TABLE t (x)");
    }
    database = ChromaDatabase.openForWriting(file);
  }

  @AfterEach
  void close() throws IOException {
    database.close();
  }

  /// A row for which there are no pages: the only failure of the disk that can be had without one.
  private void fillTheDisk() throws IOException {
    database.execute("INSERT INTO t VALUES (1)");
    database.number("PRAGMA max_page_count=" + database.number("PRAGMA page_count"));
    assertThatThrownBy(() -> database.execute("INSERT INTO t VALUES (zeroblob(100000))"))
        .isInstanceOf(PalaceException.Failed.class)
        .hasMessageContaining("SQLITE_FULL");
  }

  @Test
  void nothingGoesOnOutsideATransactionThatIsGone() throws IOException {
    database.beginWriting();
    fillTheDisk();

    assertThatThrownBy(() -> database.execute("INSERT INTO t VALUES (2)"))
        .hasMessageContaining("SQLITE_FULL");
    assertThatThrownBy(() -> database.executeScript("INSERT INTO t VALUES (3)"))
        .hasMessageContaining("SQLITE_FULL");
    assertThatThrownBy(() ->
            database.executeBatch(
                "INSERT INTO t VALUES (?)", List.of(4), item -> new Object[] {item}))
        .hasMessageContaining("SQLITE_FULL");
    assertThatThrownBy(() -> database.number("SELECT count(*) FROM t"))
        .hasMessageContaining("SQLITE_FULL");
    assertThatThrownBy(database::commit).hasMessageContaining("SQLITE_FULL");

    database.rollback();
    assertThat(database.number("SELECT count(*) FROM t")).isZero();
  }

  /// SQLite takes back only the statement where it may have to, as a check of a full-text table
  /// may.
  @Test
  void aFullDiskEndsTheTransactionThoughSqliteWouldGoOn() throws IOException {
    database.execute("CREATE TABLE u (x UNIQUE)");
    database.beginWriting();
    database.execute("INSERT INTO t VALUES (1)");
    database.number("PRAGMA max_page_count=" + database.number("PRAGMA page_count"));
    assertThatThrownBy(
            () -> database.execute("INSERT INTO u SELECT zeroblob(100000) UNION ALL SELECT 1"))
        .hasMessageContaining("SQLITE_FULL");

    assertThatThrownBy(() -> database.execute("INSERT INTO t VALUES (2)"))
        .hasMessageContaining("SQLITE_FULL");

    database.rollback();
    assertThat(database.number("SELECT count(*) FROM t")).isZero();
  }

  @Test
  void workThatMissedTheEndOfItsTransactionFails() throws IOException {
    assertThatThrownBy(() ->
            database.inTransaction(() -> {
              fillTheDisk();
              database.execute("INSERT INTO t VALUES (2)");
            }))
        .hasMessageContaining("SQLITE_FULL");

    assertThat(database.number("SELECT count(*) FROM t")).isZero();
  }

  @Test
  void aFailureThatEndsAStatementOnlyLeavesTheTransactionRunning() throws IOException {
    database.beginWriting();
    database.execute("INSERT INTO t VALUES (1)");
    assertThatThrownBy(() -> database.execute("INSERT INTO nowhere VALUES (1)"))
        .isInstanceOf(PalaceException.class);
    database.execute("INSERT INTO t VALUES (2)");
    database.commit();

    assertThat(database.number("SELECT count(*) FROM t")).isEqualTo(2);
  }
}
