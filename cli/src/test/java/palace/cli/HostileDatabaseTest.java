package palace.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import palace.common.files.TreeCopy;

/// A database whose texts and whose schema an attacker wrote: no name in it becomes a path, no view
/// keeps a query running, nothing of it is run.
final class HostileDatabaseTest {
  private static final int USUAL = 14;
  private static final int PAGE = 4096;
  private static final byte INTERIOR = 5;
  private static final Duration BOUND = Duration.ofSeconds(60);
  private static final List<String> COLUMNS =
      List.of(
          "collections.id",
          "collections.name",
          "collections.config_json_str",
          "collections.database_id",
          "segments.id",
          "segments.collection",
          "segments.scope",
          "segments.type",
          "embeddings.segment_id",
          "embeddings.embedding_id",
          "embedding_metadata.key",
          "embedding_metadata.string_value",
          "embeddings_queue.topic",
          "embeddings_queue.id",
          "embeddings_queue.metadata",
          "embeddings_queue.encoding",
          "embeddings_queue_config.config_json_str",
          "collection_metadata.key",
          "collection_metadata.str_value",
          "segment_metadata.key",
          "max_seq_id.segment_id",
          "max_seq_id.seq_id",
          "migrations.filename",
          "migrations.sql",
          "migrations.dir",
          "tenants.id",
          "databases.name");
  private static final List<String> TEXTS =
      List.of(
          "../../outside/written",
          "/etc/passwd",
          "a\0b",
          "",
          ".",
          "..",
          "\u001b[2Jx\u0007\n\r",
          "-rf",
          "NaN",
          "1e999999",
          "9".repeat(400),
          "[".repeat(100_000),
          "{\"a\":".repeat(100_000),
          "\"embedding_function\":".repeat(50_000),
          "x".repeat(1 << 20),
          "\ud83d\udca9\u202e\u0000\ufeff");

  @TempDir private Path temp;

  static Stream<Arguments> texts() {
    var all = new ArrayList<Arguments>();
    for (String column : COLUMNS) {
      for (int text = 0; text < TEXTS.size(); text++) {
        all.add(Arguments.of(column, text));
      }
    }
    Collections.shuffle(all, new Random(20_261_121));
    return Boolean.getBoolean("palace.all") ? all.stream() : all.stream().limit(USUAL);
  }

  @ParameterizedTest
  @MethodSource("texts")
  void noTextBecomesAPathOrAFailure(String column, int text) throws Exception {
    Path palace = palace();
    String table = column.substring(0, column.indexOf('.'));
    String name = column.substring(column.indexOf('.') + 1);
    try (Connection connection = open(palace);
        PreparedStatement statement =
            connection.prepareStatement(
                "UPDATE OR REPLACE %1$s SET %2$s=? WHERE rowid=(SELECT max(rowid) FROM %1$s)"
                    .formatted(table, name))) {
      statement.setString(1, TEXTS.get(text));
      statement.execute();
    }
    everyVerb(palace);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "collections",
        "segments",
        "embeddings",
        "embedding_metadata",
        "embeddings_queue",
        "max_seq_id",
        "tenants",
        "databases",
        "migrations",
        "collection_metadata",
        "embedding_fulltext_search"
      })
  void aViewThatNeverEndsIsNotAsked(String table) throws Exception {
    Path palace = palace();
    try (Connection connection = open(palace);
        Statement statement = connection.createStatement()) {
      statement.execute("ALTER TABLE " + table + " RENAME TO kept");
      statement.execute(
          "CREATE VIEW "
              + table
              + " AS WITH RECURSIVE endless(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM endless) "
              + "SELECT kept.*, n AS rowid FROM endless, kept");
    }
    everyVerb(palace);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CREATE TRIGGER t BEFORE INSERT ON max_seq_id BEGIN DELETE FROM embeddings; END",
        "CREATE TRIGGER t AFTER UPDATE ON collections BEGIN DELETE FROM embedding_metadata; END",
        "CREATE TRIGGER t AFTER DELETE ON segments BEGIN INSERT INTO tenants WITH RECURSIVE e(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM e) SELECT n FROM e; END",
        "CREATE TRIGGER t AFTER INSERT ON segments BEGIN INSERT INTO tenants WITH RECURSIVE e(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM e) SELECT n FROM e; END"
      })
  void aTriggerIsNotRun(String trigger) throws Exception {
    Path palace = palace();
    try (Connection connection = open(palace);
        Statement statement = connection.createStatement()) {
      statement.execute(trigger);
    }
    everyVerb(palace);
  }

  /// Every cell of a page leads to the same next page: 64 million rows in four pages.
  @Test
  void aTreeThatLeadsToTheSamePagesOverAndOverEnds() throws Exception {
    Path palace = palace();
    int root;
    try (Connection connection = open(palace);
        Statement statement = connection.createStatement();
        var result =
            statement.executeQuery(
                "SELECT rootpage FROM sqlite_master WHERE name='embeddings_queue'")) {
      root = result.getInt(1);
    }
    Path file = palace.resolve("chroma.sqlite3");
    byte[] sound = Files.readAllBytes(file);
    int pages = sound.length / PAGE;
    ByteBuffer bytes = ByteBuffer.allocate((pages + 3) * PAGE).put(sound);
    bytes.position(pages * PAGE).put(leafOf(sound, root));
    fan(bytes, pages + 2, pages + 1);
    fan(bytes, pages + 3, pages + 2);
    fan(bytes, root, pages + 3);
    bytes.putInt(28, pages + 3);
    Files.write(file, bytes.array());
    everyVerb(palace);
  }

  private static byte[] leafOf(byte[] database, int root) {
    int page = root;
    while (database[(page - 1) * PAGE] == INTERIOR) {
      int cell = ByteBuffer.wrap(database).getShort((page - 1) * PAGE + 12);
      page = ByteBuffer.wrap(database).getInt((page - 1) * PAGE + cell);
    }
    return Arrays.copyOfRange(database, (page - 1) * PAGE, page * PAGE);
  }

  private static void fan(ByteBuffer bytes, int page, int child) {
    int cells = 400;
    int start = (page - 1) * PAGE;
    int content = PAGE - 5 * cells;
    bytes.put(start, INTERIOR).putShort(start + 1, (short) 0).putShort(start + 3, (short) cells);
    bytes.putShort(start + 5, (short) content).put(start + 7, (byte) 0).putInt(start + 8, child);
    for (int i = 0; i < cells; i++) {
      bytes.putShort(start + 12 + 2 * i, (short) (content + 5 * i));
      bytes.putInt(start + content + 5 * i, child).put(start + content + 5 * i + 4, (byte) 1);
    }
  }

  private Path palace() throws IOException {
    Path palace = temp.resolve("home/palace");
    Files.createDirectories(palace.getParent());
    Files.createDirectory(temp.resolve("outside"));
    TreeCopy.copy(Path.of("..", "samples", "chroma-0.6").toRealPath(), palace);
    return palace;
  }

  private void everyVerb(Path palace) throws IOException {
    for (List<String> verb :
        List.of(
            List.of("status"),
            List.of("doctor"),
            List.of("doctor", "--json"),
            List.of("repair", "--rebuild-index", "--yes"),
            List.of("migrate", "--yes"),
            List.of("doctor"))) {
      var arguments = new ArrayList<>(verb);
      arguments.addAll(List.of("--palace", palace.toString()));
      CommandRun run =
          assertTimeoutPreemptively(
              BOUND,
              () -> CommandRun.palace(arguments.toArray(String[]::new)),
              () -> verb + " still runs");
      assertThat(run.err() + run.out()).as("%s", verb).doesNotContain("should never happen");
      assertThat(run.exitCode()).as("%s: %s", verb, run.err()).isIn(0, 1, 3, 5);
      assertThat(temp.resolve("outside")).isEmptyDirectory();
      if (!verb.contains("--json")) {
        assertThat(run.out() + run.err()).as("%s", verb).doesNotContain("\u001b", "\u0007");
      }
    }
  }

  private static Connection open(Path palace) throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + palace.resolve("chroma.sqlite3"));
  }
}
