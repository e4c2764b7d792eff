package palace.common.chroma;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import palace.common.PalaceException;

/// A copy that SQLite could not make is a failure, never an empty file that nobody mentions.
final class BackUpTest {
  @TempDir private Path directory;
  private Path file;

  @BeforeEach
  void makeDatabase() throws Exception {
    file = directory.resolve("chroma.sqlite3");
    try (ChromaDatabase database = ChromaDatabase.create(file)) {
      database.execute("CREATE TABLE t (x)");
      database.execute(
          "INSERT INTO t WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n LIMIT 900)"
              + " SELECT randomblob(100) FROM n");
    }
  }

  @Test
  void everyPageIsInTheCopy() throws Exception {
    Path copy = directory.resolve("copy");
    try (ChromaDatabase database = ChromaDatabase.openReadOnly(file)) {
      database.backUpTo(copy);
    }

    assertThat(copy).hasSize(Files.size(file));
    try (ChromaDatabase copied = ChromaDatabase.openReadOnly(copy)) {
      assertThat(copied.number("SELECT count(*) FROM t")).isEqualTo(900);
    }
  }

  @Test
  void aPlaceThatCannotBeWrittenIsAFailureThatNamesBothFiles() throws Exception {
    Path copy = directory.resolve("missing").resolve("copy");
    try (ChromaDatabase database = ChromaDatabase.openReadOnly(file)) {
      assertThatThrownBy(() -> database.backUpTo(copy))
          .isInstanceOf(PalaceException.class)
          .hasMessageContaining(file.toString())
          .hasMessageContaining(copy.toString());
    }
  }

  @Test
  void aDiskThatIsFullIsAFailure() throws Exception {
    Path full = Path.of("/dev/full");
    assumeTrue(Files.exists(full), "cannot run here: no /dev/full");
    try (ChromaDatabase database = ChromaDatabase.openReadOnly(file)) {
      assertThatThrownBy(() -> database.backUpTo(full)).isInstanceOf(PalaceException.class);
    }
  }
}
