package palace.common.salvage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.chroma.SchemaLevel;
import palace.common.sqlite.RowidRange;

/// Databases of real Chroma releases, damaged on purpose, against what SQLite read in them before.
final class SalvageTest {
  private static final List<String> DRAWER_TABLES =
      List.of("embeddings", "embedding_metadata", "embeddings_queue", "collections", "segments");

  @TempDir Path directory;

  private SalvageReport salvage(byte[] image) throws IOException {
    Path damaged = Files.write(directory.resolve("damaged.sqlite3"), image);
    Files.deleteIfExists(fresh());
    return Salvage.into(damaged, fresh(), Progress.SILENT);
  }

  private Path fresh() {
    return directory.resolve("fresh.sqlite3");
  }

  private void everythingIsThere(ChromaFile truth, List<String> tables) throws IOException {
    for (String table : tables) {
      assertThat(ChromaFile.rows(fresh(), table))
          .as(table)
          .isNotEmpty()
          .isEqualTo(ChromaFile.rows(truth.path(), table));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.4.3", "0.4.14", "0.4.24", "0.5.5", "0.6.3", "1.2.2", "1.3.7", "1.5.9"})
  void everyRowArrivesThroughAScrambledHeader(String release) throws IOException {
    ChromaFile truth = ChromaFile.of(release, directory);
    byte[] image = truth.image();
    byte[] noise = new byte[100];
    new Random(5).nextBytes(noise);
    System.arraycopy(noise, 0, image, 0, noise.length);
    SalvageReport report = salvage(image);
    assertThat(report.pageSize()).isEqualTo(ChromaFile.PAGE);
    everythingIsThere(truth, DRAWER_TABLES);
    everythingIsThere(truth, List.of("max_seq_id", "collection_metadata"));
    assertThat(ChromaFile.rows(fresh(), "migrations", "dir, version, filename, sql, hash"))
        .isEqualTo(
            ChromaFile.rows(truth.path(), "migrations", "dir, version, filename, sql, hash"));
  }

  @Test
  void theFullTextTableAnswersAgain() throws IOException {
    ChromaFile truth = ChromaFile.of("1.5.9", directory);
    salvage(truth.image());
    everythingIsThere(truth, List.of("embedding_fulltext_search", "embedding_metadata_array"));
  }

  @Test
  void aZeroedPageOfMetadataComesBackFromIndexesSaveForTheBooleansThatNoneHolds()
      throws IOException {
    ChromaFile truth = ChromaFile.of("1.5.9", directory);
    byte[] image = truth.image();
    ChromaFile.zero(image, truth.firstChild(truth.root("embedding_metadata")));
    SalvageReport report = salvage(image);
    Set<String> lost = ChromaFile.rows(truth.path(), "embedding_metadata");
    Set<String> found = ChromaFile.rows(fresh(), "embedding_metadata");
    assertThat(lost).containsAll(found);
    lost.removeAll(found);
    assertThat(lost)
        .allMatch(row -> row.endsWith("NULL|NULL|NULL|Long0") || row.endsWith("|Long1"));
    assertThat(report.tables().get("embedding_metadata").viaLostPages()).isPositive();
    assertThat(report.pagesDamaged()).isEqualTo(1);
  }

  @Test
  void documentsComeBackFromTheFullTextTableWhenTheirIndexIsGoneToo() throws IOException {
    ChromaFile truth = ChromaFile.of("1.5.9", directory);
    byte[] image = truth.image();
    ChromaFile.zero(image, truth.firstChild(truth.root("embedding_metadata")));
    ChromaFile.zero(image, truth.root("embedding_metadata_string_value"));
    for (int page = 2; page <= truth.pages(); page++) {
      if (image[(page - 1) * ChromaFile.PAGE] == 10
          && !reaches(truth, "sqlite_autoindex_embedding_metadata_1", page)) {
        ChromaFile.zero(image, page);
      }
    }
    salvage(image);
    String documents =
        "(SELECT id, string_value FROM embedding_metadata WHERE key='chroma:document')";
    assertThat(ChromaFile.rows(fresh(), documents, "id, string_value"))
        .isEqualTo(ChromaFile.rows(truth.path(), documents, "id, string_value"));
  }

  private static boolean reaches(ChromaFile truth, String index, int page) throws IOException {
    int root = truth.root(index);
    ByteBuffer image = ByteBuffer.wrap(truth.image());
    int base = (root - 1) * ChromaFile.PAGE;
    boolean found = image.getInt(base + 8) == page;
    for (int i = 0; i < image.getShort(base + 3); i++) {
      found |= image.getInt(base + image.getShort(base + 12 + 2 * i)) == page;
    }
    return found || root == page;
  }

  @Test
  void aPageOfDrawersThatIsNoiseComesBackFromItsUniqueIndex() throws IOException {
    ChromaFile truth = ChromaFile.of("0.6.3", directory);
    byte[] image = truth.image();
    int page = truth.firstChild(truth.root("embeddings"));
    byte[] noise = new byte[ChromaFile.PAGE];
    new Random(7).nextBytes(noise);
    System.arraycopy(noise, 0, image, (page - 1) * ChromaFile.PAGE, noise.length);
    salvage(image);
    String columns = "id, segment_id, embedding_id";
    assertThat(ChromaFile.rows(fresh(), "embeddings", columns))
        .isEqualTo(ChromaFile.rows(truth.path(), "embeddings", columns));
    everythingIsThere(truth, List.of("embedding_metadata", "embeddings_queue"));
  }

  /// A segment reads no row of the queue a second time.
  @Test
  void drawersOfWhichNothingIsLeftComeBackFromWritesThatWereConsumed() throws IOException {
    ChromaFile truth = ChromaFile.of("0.6.3", directory);
    String consumed =
        "(SELECT q.id || ' ' || e.segment_id AS drawer FROM embeddings_queue q JOIN segments s"
            + " ON q.topic LIKE '%/' || s.collection AND s.scope='METADATA' JOIN embeddings e"
            + " ON e.segment_id=s.id AND e.embedding_id=q.id"
            + " WHERE q.operation IN (0,2))";
    Set<String> drawers = ChromaFile.rows(truth.path(), consumed, "drawer");
    Set<String> deleted =
        ChromaFile.rows(
            truth.path(),
            "embeddings_queue q WHERE q.operation=3 AND NOT EXISTS"
                + " (SELECT 1 FROM embeddings e WHERE e.embedding_id=q.id)",
            "q.id");
    byte[] image = truth.image();
    for (String tree : List.of("embeddings", DrawerEvidence.INDEX, "embedding_metadata")) {
      for (int page : truth.pagesOf(tree)) {
        ChromaFile.zero(image, page);
      }
    }

    SalvageReport report = salvage(image);

    assertThat(drawers).hasSizeGreaterThan(20);
    assertThat(ChromaFile.rows(fresh(), "embeddings", "embedding_id || ' ' || segment_id"))
        .containsAll(drawers);
    assertThat(deleted).isNotEmpty();
    assertThat(ChromaFile.rows(fresh(), "embeddings", "embedding_id"))
        .doesNotContainAnyElementsOf(deleted);
    assertThat(ChromaFile.rows(fresh(), "embedding_fulltext_search", "string_value"))
        .isNotEmpty()
        .isSubsetOf(ChromaFile.rows(truth.path(), "embedding_fulltext_search", "string_value"));
    assertThat(
            ChromaFile.rows(
                fresh(),
                "embeddings e JOIN embedding_metadata m ON m.id=e.id",
                "e.embedding_id, m.key, m.string_value, m.int_value, m.float_value, m.bool_value"))
        .isSubsetOf(
            ChromaFile.rows(
                truth.path(),
                "embeddings e JOIN embedding_metadata m ON m.id=e.id",
                "e.embedding_id, m.key, m.string_value, m.int_value, m.float_value, m.bool_value"));
    assertThat(report.notes()).anyMatch(note -> note.contains("drawers come from the queue"));
  }

  @Test
  void tablesWithoutTheirRootsComeBackFromTheirLeaves() throws IOException {
    ChromaFile truth = ChromaFile.of("1.5.9", directory);
    byte[] image = truth.image();
    for (String table : List.of("embeddings", "embedding_metadata", "embeddings_queue")) {
      ChromaFile.zero(image, truth.root(table));
    }
    SalvageReport report = salvage(image);
    everythingIsThere(truth, DRAWER_TABLES);
    assertThat(report.pagesLost()).isGreaterThan(10);
    assertThat(report.tables().get("embeddings").lostRanges()).isNotEmpty();
  }

  @Test
  void theSchemaWithoutItsFirstPageIsFoundInItsLeaves() throws IOException {
    ChromaFile truth = ChromaFile.of("1.5.9", directory);
    byte[] image = truth.image();
    ChromaFile.zero(image, 1);
    SalvageReport report = salvage(image);
    assertThat(report.level()).isEqualTo(SchemaLevel.NEWEST);
    everythingIsThere(truth, DRAWER_TABLES);
  }

  @Test
  void whatWasDeletedStaysDeletedAlthoughItsPagesAreStillThere() throws IOException {
    ChromaFile truth =
        ChromaFile.of("1.5.9", directory)
            .changed(
                "DELETE FROM embedding_metadata WHERE id % 5 <> 0",
                "DELETE FROM embeddings WHERE id % 5 <> 0");
    assertThat(ByteBuffer.wrap(truth.image()).getInt(36)).as("free pages").isGreaterThan(10);
    byte[] image = truth.image();
    ChromaFile.zero(image, truth.root("embedding_metadata"));
    salvage(image);
    everythingIsThere(truth, List.of("embeddings", "embedding_metadata"));
    Arrays.fill(image, 0, 100, (byte) 0x5A);
    salvage(image);
    everythingIsThere(truth, List.of("embeddings", "embedding_metadata"));
  }

  @Test
  void aFileCutInTheMiddleOfAPageGivesWhatIsBeforeTheCutAndNamesTheRest() throws IOException {
    ChromaFile truth = ChromaFile.of("1.5.9", directory);
    byte[] image = truth.image();
    SalvageReport report = salvage(Arrays.copyOf(image, image.length / 2 + 1000));
    assertThat(report.pages()).isEqualTo(truth.pages() / 2 + 1);
    assertThat(report.pagesDamaged()).isPositive();
    Set<String> found = ChromaFile.rows(fresh(), "embedding_metadata", "id, key, string_value");
    assertThat(ChromaFile.rows(truth.path(), "embedding_metadata", "id, key, string_value"))
        .containsAll(found);
    assertThat(report.tables().get("embedding_metadata").lostRanges())
        .extracting(RowidRange::last)
        .contains(Long.MAX_VALUE);
  }

  @Test
  void aTreeThatLeadsIntoItselfEnds() throws IOException {
    ChromaFile truth = ChromaFile.of("0.6.3", directory);
    byte[] image = truth.image();
    int root = truth.root("embedding_metadata");
    int base = (root - 1) * ChromaFile.PAGE;
    ByteBuffer.wrap(image).putInt(base + 8, root);
    ByteBuffer.wrap(image).putInt(base + ByteBuffer.wrap(image).getShort(base + 12), root);
    salvage(image);
    everythingIsThere(truth, List.of("embeddings", "embedding_metadata"));
  }

  @Test
  void aFileWithNothingOfChromaIsRefused() throws IOException {
    byte[] noise = new byte[200_000];
    new Random(3).nextBytes(noise);
    for (byte[] content : List.of(noise, new byte[0], new byte[50_000], new byte[] {13})) {
      assertThatExceptionOfType(PalaceException.DamagedDatabase.class)
          .isThrownBy(() -> salvage(content));
      assertThat(fresh()).doesNotExist();
    }
  }
}
