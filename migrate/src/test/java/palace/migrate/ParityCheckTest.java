package palace.migrate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import palace.common.Progress;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.ChromaRelease;

/// One difference is planted in a build and has to be named.
final class ParityCheckTest {
  private static final String COLLECTION = "mempalace_drawers";

  @TempDir Path directory;
  private Path source = Path.of("unset");
  private Path build = Path.of("unset");

  @BeforeEach
  void migrate() throws IOException {
    source = FrozenPalace.unpack("1.5.9", directory).palace();
    build = directory.resolve("build");
    new PalaceMigrator(Progress.SILENT)
        .migrate(MigrationRequest.of(source, ChromaRelease.NEWEST, "0-test").into(build));
  }

  private ParityCheck.Result compare() throws IOException {
    try (OpenSource left = OpenSource.open(source);
        OpenSource right = OpenSource.open(build)) {
      return ParityCheck.compare(left, right, Map.of(), ChromaRelease.NEWEST, 7, Progress.SILENT);
    }
  }

  private void change(String sql) throws IOException {
    try (ChromaDatabase database = ChromaDatabase.openForWriting(build.resolve("chroma.sqlite3"))) {
      assertThat(database.execute(sql)).isPositive();
    }
  }

  private String one(String sql) throws IOException {
    try (ChromaDatabase database = ChromaDatabase.openReadOnly(build.resolve("chroma.sqlite3"))) {
      return database.first(sql, row -> row.text(1)).orElseThrow();
    }
  }

  private String id(long row) throws IOException {
    return one("SELECT embedding_id FROM embeddings WHERE id = " + row);
  }

  private long rowOf(String collection) throws IOException {
    return Long.parseLong(
        one(
            "SELECT min(e.id) FROM embeddings e JOIN segments s ON s.id = e.segment_id"
                + " JOIN collections c ON c.id = s.collection WHERE c.name = '"
                + collection
                + "'"));
  }

  @Test
  void aMigratedPalaceIsEqual() throws IOException {
    ParityCheck.Result result = compare();

    assertThat(result.differences()).isEmpty();
    assertThat(result.count()).isZero();
  }

  @Test
  void aDrawerDroppedFromAnyCollectionIsNamed() throws IOException {
    var dropped = new ArrayList<ParityDifference>();
    for (String collection : collectionsWithDrawers()) {
      long row = rowOf(collection);
      dropped.add(new ParityDifference.DrawerMissing(collection, id(row)));
      change("DELETE FROM embeddings WHERE id = " + row);
    }
    assertThat(dropped).hasSizeGreaterThan(1);

    assertThat(compare().differences()).containsExactlyInAnyOrderElementsOf(dropped);
  }

  private List<String> collectionsWithDrawers() throws IOException {
    try (ChromaDatabase database = ChromaDatabase.openReadOnly(build.resolve("chroma.sqlite3"))) {
      return database.list(
          "SELECT DISTINCT c.name FROM embeddings e JOIN segments s ON s.id = e.segment_id"
              + " JOIN collections c ON c.id = s.collection"
              + " JOIN databases d ON d.id = c.database_id AND d.name = 'default_database'",
          row -> row.text(1));
    }
  }

  @Test
  void anExtraDrawerIsNamed() throws IOException {
    change(
        "INSERT INTO embeddings(segment_id, embedding_id, seq_id)"
            + " SELECT segment_id, 'stranger', 1 FROM embeddings WHERE id = "
            + rowOf(COLLECTION));

    assertThat(compare().differences())
        .containsExactly(new ParityDifference.DrawerExtra(COLLECTION, "stranger"));
  }

  @Test
  void anIntegerThatBecameAFloatIsNamed() throws IOException {
    String found =
        one(
            "SELECT id || '|' || key || '|' || int_value FROM embedding_metadata"
                + " WHERE int_value IS NOT NULL LIMIT 1");
    String[] parts = found.split("\\|");
    change(
        "UPDATE embedding_metadata SET float_value = int_value, int_value = NULL WHERE id = "
            + parts[0]
            + " AND key = '"
            + parts[1]
            + "'");

    assertThat(compare().differences())
        .singleElement()
        .isInstanceOfSatisfying(
            ParityDifference.Value.class,
            value -> {
              assertThat(value.key()).isEqualTo(parts[1]);
              assertThat(value.source()).isEqualTo("the integer " + parts[2]);
              assertThat(value.build()).isEqualTo("the float " + parts[2] + ".0");
            });
  }

  @Test
  void aChangedDocumentIsNamed() throws IOException {
    String row = one("SELECT min(id) FROM embedding_metadata WHERE key = 'chroma:document'");
    change(
        "UPDATE embedding_metadata SET string_value = string_value || ' '"
            + " WHERE key = 'chroma:document' AND id = "
            + row);

    assertThat(compare().differences())
        .singleElement()
        .isInstanceOfSatisfying(
            ParityDifference.Value.class,
            value -> assertThat(value.key()).isEqualTo("chroma:document"));
  }

  @Test
  void aMissingListElementIsNamed() throws IOException {
    change(
        "DELETE FROM embedding_metadata_array WHERE rowid ="
            + " (SELECT max(rowid) FROM embedding_metadata_array)");

    assertThat(compare().differences()).singleElement().isInstanceOf(ParityDifference.Value.class);
  }

  @Test
  void oneBitOfAVectorIsNamed() throws IOException {
    flipLastMantissaBitOfTheFirstVector();

    assertThat(compare().differences())
        .singleElement()
        .isInstanceOfSatisfying(
            ParityDifference.Vector.class, vector -> assertThat(vector.component()).isZero());
  }

  /// An element of M 16 starts its vector after 4 bytes of count and 32 links (FORMAT 4.2). The
  /// lowest bit is too little to leave the norm.
  private void flipLastMantissaBitOfTheFirstVector() throws IOException {
    String segment =
        one(
            "SELECT s.id FROM segments s JOIN collections c ON c.id = s.collection"
                + " WHERE s.scope = 'VECTOR' AND c.name = 'mempalace_drawers'");
    Path file = build.resolve(segment).resolve("data_level0.bin");
    assertThat(Objects.requireNonNull(file.getParent())).isDirectory();
    assertThat(Files.size(file)).isGreaterThan(136);
    try (var bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(4 + 32 * 4);
      int lowest = bytes.read();
      bytes.seek(4 + 32 * 4);
      bytes.write(lowest ^ 1);
    }
  }

  @Test
  void anotherSpaceIsNamed() throws IOException {
    change(
        "UPDATE collections SET schema_str = replace(schema_str, '\"space\":\"cosine\"',"
            + " '\"space\":\"l2\"') WHERE name = 'mempalace_drawers'");

    assertThat(compare().differences())
        .anyMatch(difference ->
            difference.equals(new ParityDifference.Setting(COLLECTION, "space", "cosine", "l2")));
  }

  @Test
  void aRenamedCollectionIsNamed() throws IOException {
    change("UPDATE collections SET name = 'other' WHERE name = 'mempalace_closets'");

    assertThat(compare().differences())
        .containsExactly(
            new ParityDifference.Setting(
                "mempalace_closets", "name", "mempalace_closets", "other"));
  }

  @Test
  void changedCollectionMetadataIsNamed() throws IOException {
    change("UPDATE collection_metadata SET int_value = 4 WHERE key = 'level'");

    assertThat(compare().differences())
        .allSatisfy(difference ->
            assertThat(difference.sentence()).contains("metadata level").contains("4"))
        .isNotEmpty();
  }
}
