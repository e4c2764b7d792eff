package palace.common.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import palace.common.Progress;
import palace.common.chroma.ChromaDatabase;
import palace.common.files.TreeCopy;

/// Vectors of purged rows whose purge still stands in a write-ahead log.
class FreePagesTest {
  private static final String CHECK = "free pages of the database";

  @TempDir Path directory;

  private Path palace;

  @BeforeEach
  void copy() throws IOException {
    palace = sample("palace");
  }

  private Path sample(String name) throws IOException {
    Path copy = directory.resolve(name);
    TreeCopy.copy(Path.of("..", "samples", "chroma-0.6").toRealPath(), copy);
    return copy;
  }

  private ChromaDatabase purged() throws IOException {
    ChromaDatabase writer = ChromaDatabase.openForWriting(palace.resolve("chroma.sqlite3"));
    writer.execute("PRAGMA journal_mode=WAL");
    writer.execute("PRAGMA secure_delete=OFF");
    writer.execute("DELETE FROM embeddings_queue");
    return writer;
  }

  private static long found(Diagnosis diagnosis) {
    return diagnosis.collections().stream().mapToLong(CollectionSummary::vectorsInFreePages).sum();
  }

  @Test
  void doctorSaysThatItCouldNotSearchThem() throws IOException {
    try (ChromaDatabase writer = purged()) {
      Diagnosis diagnosis = Doctor.examine(palace, Progress.SILENT);
      assertThat(diagnosis.notRun()).extracting(NotRun::check).contains(CHECK);
      assertThat(found(diagnosis)).isZero();
      writer.mergeLog();
    }

    Diagnosis diagnosis = Doctor.examine(palace, Progress.SILENT);
    assertThat(diagnosis.notRun()).extracting(NotRun::check).doesNotContain(CHECK);
    assertThat(found(diagnosis)).isPositive();
  }

  @Test
  void aLogThatNobodyHasOpenIsMergedInAPrivateCopyFirst() throws IOException {
    Path left = sample("left by a process that was killed");
    try (ChromaDatabase writer = purged()) {
      assertThat(writer.number("SELECT count(*) FROM embeddings_queue")).isZero();
      for (String name : new String[] {"chroma.sqlite3", "chroma.sqlite3-wal"}) {
        Files.copy(palace.resolve(name), left.resolve(name), StandardCopyOption.REPLACE_EXISTING);
      }
    }

    Diagnosis diagnosis = Doctor.examine(left, Progress.SILENT);

    assertThat(diagnosis.notRun()).extracting(NotRun::check).doesNotContain(CHECK);
    assertThat(found(diagnosis)).isPositive();
  }
}
