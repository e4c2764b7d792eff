package palace.common.chroma;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnreadableTextsTest {
  @TempDir Path directory;
  private ChromaDatabase database;

  @BeforeEach
  void create() throws IOException {
    database = ChromaDatabase.create(directory.resolve("chroma.sqlite3"));
    FreshSchema.create(database, SchemaLevel.NEWEST);
    database.execute(
        "INSERT INTO embedding_metadata(id, key, string_value) VALUES (1,'wing','ünï'), (2,'room','plain'), (3,'hall',CAST(x'61ff62' AS TEXT)), (4,'nil',NULL)");
  }

  @AfterEach
  void close() throws IOException {
    database.close();
  }

  private ArrayList<UnreadableTexts.Column> places() throws IOException {
    var places = new ArrayList<UnreadableTexts.Column>();
    UnreadableTexts.each(database, (column, row) -> places.add(column));
    return places;
  }

  @Test
  void onlyATextThatIsNoUtf8IsOne() throws IOException {
    assertThat(places())
        .extracting(UnreadableTexts.Column::table, UnreadableTexts.Column::name)
        .containsExactly(tuple("embedding_metadata", "\"string_value\""));
  }

  @Test
  void aBlobWhereATextBelongsIsOneWhateverItsBytes() throws IOException {
    database.execute("UPDATE embedding_metadata SET key=CAST(key AS BLOB) WHERE id=2");
    database.execute(
        "INSERT INTO embeddings_queue(operation, topic, id, vector) VALUES (0,'t','i',x'00000000')");

    assertThat(places())
        .extracting(UnreadableTexts.Column::table, UnreadableTexts.Column::name)
        .containsExactly(
            tuple("embedding_metadata", "\"key\""),
            tuple("embedding_metadata", "\"string_value\""));
  }

  /// SQLite's own way to change a table behind the back of its index.
  @Test
  void anIndexStillHasTheTextThatTheTableLost() throws IOException {
    database.execute("UPDATE embedding_metadata SET string_value='meadow' WHERE id=3");
    long row = database.number("SELECT rowid FROM embedding_metadata WHERE id=3");
    String schema =
        database
            .first(
                "SELECT sql FROM sqlite_master WHERE name='embedding_metadata_string_value'",
                one -> one.text(1))
            .orElseThrow();
    long root =
        database.number(
            "SELECT rootpage FROM sqlite_master WHERE name='embedding_metadata_string_value'");
    database.execute("PRAGMA writable_schema=ON");
    database.execute("DELETE FROM sqlite_master WHERE name='embedding_metadata_string_value'");
    reopen();
    database.execute(
        "UPDATE embedding_metadata SET string_value=CAST(x'6d65ff646f77' AS TEXT) WHERE id=3");
    database.execute("PRAGMA writable_schema=ON");
    database.execute(
        "INSERT INTO sqlite_master VALUES('index','embedding_metadata_string_value','embedding_metadata',?,?)",
        root,
        schema);
    reopen();
    UnreadableTexts.Column place = places().getFirst();

    byte[] copy = UnreadableTexts.copies(database, place, Set.of(row)).get(row);

    assertThat(copy).isEqualTo("meadow".getBytes(UTF_8));
    assertThat(UnreadableTexts.original("me\0dow".getBytes(UTF_8), copy)).hasValue("meadow");
  }

  private void reopen() throws IOException {
    database.close();
    database = ChromaDatabase.openForWriting(directory.resolve("chroma.sqlite3"));
  }

  /// Names and conditions of a foreign index are nobody's to trust.
  @Test
  void indexesThatAreNoneOfChromasAreHarmless() throws IOException {
    database.execute(
        "CREATE INDEX \"a\"\"b\" ON embedding_metadata (string_value) WHERE int_value = 7");
    database.execute("CREATE INDEX \"c\"\"d\" ON embedding_metadata (string_value)");
    database.execute("ALTER TABLE embedding_metadata ADD COLUMN \"e\"\"f\" TEXT");
    long row = database.number("SELECT rowid FROM embedding_metadata WHERE id=1");
    UnreadableTexts.Column place = places().getFirst();

    assertThat(UnreadableTexts.copies(database, place, Set.of(row)))
        .containsEntry(row, "ünï".getBytes(UTF_8));
  }

  @Test
  void anotherTextIsNoOriginal() {
    assertThat(UnreadableTexts.original("abcdef".getBytes(UTF_8), "abc".getBytes(UTF_8))).isEmpty();
    assertThat(UnreadableTexts.original("abcdef".getBytes(UTF_8), "uvwxyz".getBytes(UTF_8)))
        .isEmpty();
    assertThat(
            UnreadableTexts.original(
                "abcdef".getBytes(UTF_8), new byte[] {'a', 'b', 'c', 'd', 'e', -1}))
        .isEmpty();
  }
}
