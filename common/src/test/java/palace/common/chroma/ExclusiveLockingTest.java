package palace.common.chroma;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import palace.common.PalaceException;

/// What becomes of the journal that SQLite keeps while others are kept out.
class ExclusiveLockingTest {
  @TempDir Path directory;

  private Path journal;
  private ChromaDatabase database;

  @BeforeEach
  void keepOthersOut() throws IOException {
    Path file = directory.resolve("chroma.sqlite3");
    journal = directory.resolve("chroma.sqlite3-journal");
    try (ChromaDatabase created = ChromaDatabase.create(file)) {
      created.execute("CREATE TABLE t (x)");
    }
    database = ChromaDatabase.openForWriting(file);
    database.beginWriting();
    database.execute("INSERT INTO t VALUES (1)");
    ExclusiveLocking.begin(database);
    database.commit();
    assertThat(journal).isRegularFile();
  }

  @AfterEach
  void close() throws IOException {
    database.close();
  }

  @Test
  void theJournalIsGoneAndOthersGetIn() throws IOException {
    ExclusiveLocking.end(database);

    assertThat(journal).doesNotExist();
    try (ChromaDatabase other = ChromaDatabase.openForWriting(database.file())) {
      other.execute("INSERT INTO t VALUES (2)");
    }
  }

  @Test
  void aDirectoryInItsPlaceIsLeftAloneAndSaid() throws IOException {
    Files.delete(journal);
    Path file = Files.writeString(Files.createDirectory(journal).resolve("notes"), "mine");

    assertThatThrownBy(() -> ExclusiveLocking.end(database))
        .isInstanceOf(PalaceException.Failed.class)
        .hasMessageContaining(journal + ": a link, a directory or a special file stands there");

    assertThat(file).hasContent("mine");
  }

  @Test
  void whatALinkInItsPlaceLeadsToIsLeftAlone() throws IOException {
    Files.delete(journal);
    Path file = Files.writeString(directory.resolve("notes"), "mine");
    Files.createSymbolicLink(journal, file);

    ExclusiveLocking.end(database);

    assertThat(journal).doesNotExist();
    assertThat(file).hasContent("mine");
  }
}
