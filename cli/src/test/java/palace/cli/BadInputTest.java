package palace.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static palace.cli.CommandRun.palace;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What a command says to a path that is no palace, or none that it can work on.
final class BadInputTest {
  private static final String ID = "20261121T034700Z-1a2b3c";

  @TempDir private Path temp;

  static Stream<List<String>> verbs() {
    return Stream.of(
        List.of("status"),
        List.of("doctor"),
        List.of("migrate", "--yes"),
        List.of("migrate", "--dry-run"),
        List.of("repair", "--yes"),
        List.of("repair", "--dry-run"),
        List.of("snapshot create"),
        List.of("snapshot list"),
        List.of("snapshot verify"),
        List.of("restore", "--yes", ID),
        List.of("restore", "--dry-run", ID),
        List.of("recover"),
        List.of("recover", "--dry-run"));
  }

  static Stream<List<String>> readers() {
    return verbs().limit(6);
  }

  @ParameterizedTest
  @MethodSource("verbs")
  void aPathThatDoesNotExistIsRefused(List<String> verb) throws Exception {
    assertRefused(verb, temp.resolve("nowhere"), "no such directory", "check the path");
  }

  @ParameterizedTest
  @MethodSource("verbs")
  void aFileIsRefused(List<String> verb) throws Exception {
    Path file = Files.writeString(temp.resolve("file"), "text");

    assertRefused(verb, file, "is a file, expected the directory of a palace", "chroma.sqlite3");
  }

  @ParameterizedTest
  @MethodSource("verbs")
  void theDatabaseItselfIsRefusedWithItsDirectoryInTheHint(List<String> verb) throws Exception {
    Path file = Files.writeString(temp.resolve("chroma.sqlite3"), "text");

    assertRefused(verb, file, "is a file", "name the directory that holds it: " + temp);
  }

  @ParameterizedTest
  @MethodSource("verbs")
  void anEmptyDirectoryIsRefused(List<String> verb) throws Exception {
    Path empty = Files.createDirectory(temp.resolve("empty"));

    assertRefused(verb, empty, "not a palace: it holds no chroma.sqlite3", "chroma.sqlite3");
  }

  @ParameterizedTest
  @MethodSource("verbs")
  void aDirectoryOfOtherFilesIsRefused(List<String> verb) throws Exception {
    Path other = Files.createDirectory(temp.resolve("other"));
    Files.writeString(other.resolve("notes.txt"), "text");

    assertRefused(verb, other, "not a palace", "chroma.sqlite3");
  }

  @ParameterizedTest
  @MethodSource("readers")
  void aPalaceOfChroma03IsRefusedWithTheWayOut(List<String> verb) throws Exception {
    Path old = Files.createDirectory(temp.resolve("old"));
    Files.write(old.resolve("chroma-collections.parquet"), new byte[] {'P', 'A', 'R', '1'});

    assertRefused(verb, old, "Chroma 0.3", "chroma-migrate");
  }

  @ParameterizedTest
  @MethodSource("readers")
  void aNewerSchemaThanIsKnownIsRefused(List<String> verb) throws Exception {
    Path newer = FrozenPalace.unpack("1.5.9", temp.resolve("newer"));
    execute(
        newer,
        "INSERT INTO migrations SELECT dir, 11, '00011-x.sqlite.sql', sql, hash"
            + " FROM migrations WHERE dir = 'sysdb' AND version = 10");

    assertRefused(verb, newer, "schema 11/6/2 is newer than the newest known", "update palace");
  }

  @ParameterizedTest
  @MethodSource("readers")
  void anSqliteDatabaseOfAnotherProgramIsRefused(List<String> verb) throws Exception {
    Path foreign = Files.createDirectory(temp.resolve("foreign"));
    execute(foreign, "CREATE TABLE notes (text)");

    assertRefused(verb, foreign, "not one of Chroma", "that Chroma made");
  }

  @Test
  void aFileThatIsNoSqliteDatabaseIsAFindingOfTheDoctor() throws Exception {
    Path palace = palaceOfText();
    var before = Fingerprint.of(temp);

    CommandRun run = palace("doctor", palace.toString());

    assertThat(run.exitCode()).isEqualTo(5);
    assertThat(run.out())
        .contains("database-unreadable", "fatal", "no drawer can be read")
        .doesNotContain("Exception");
    before.assertUnchanged();
  }

  @Test
  void aFileThatIsNoSqliteDatabaseIsRefusedByTheOthers() throws Exception {
    Path palace = palaceOfText();
    String sentence = "not an SQLite database";

    assertRefused(List.of("status"), palace, sentence, "");
    assertRefused(List.of("migrate", "--yes"), palace, sentence, "");
    assertRefused(List.of("migrate", "--dry-run"), palace, sentence, "");
  }

  private Path palaceOfText() throws IOException {
    Path palace = Files.createDirectory(temp.resolve("text"));
    Files.writeString(palace.resolve("chroma.sqlite3"), "no database at all".repeat(100));
    return palace;
  }

  @Test
  void withoutATerminalAndWithoutYesNothingIsMigratedOrRepaired() throws Exception {
    Path palace = FrozenPalace.unpack("0.6.3", temp.resolve("palace"));

    assertRefused(List.of("migrate"), palace, "no terminal to ask on, and no --yes", "--dry-run");
  }

  @Test
  void whoeverSaysNoChangesNothing() throws Exception {
    Path palace = FrozenPalace.unpack("0.6.3", temp.resolve("palace"));
    var before = Fingerprint.of(temp);

    for (String reply : List.of("n\n", "\n", "", "yess\n")) {
      CommandRun run = CommandRun.palaceAsking(reply, "migrate", palace.toString());

      assertThat(run.exitCode()).isEqualTo(3);
      assertThat(run.err()).contains("plan: ", "proceed? [y/N]", "declined; nothing was changed");
    }
    before.assertUnchanged();
  }

  @Test
  void anUnknownReleaseIsWrongUsageThatListsWhatIsAccepted() throws Exception {
    Path palace = FrozenPalace.unpack("0.6.3", temp.resolve("palace"));
    var before = Fingerprint.of(temp);

    for (String release : List.of("2.0", "0.4.24", "1.6.0", "latest", "")) {
      CommandRun run = palace("migrate", "--yes", "--to", release, palace.toString());

      assertThat(run.exitCode()).isEqualTo(2);
      assertThat(run.err())
          .contains("--to " + release + ": ", "nothing was changed")
          .contains("accepted are 0.5.0 to 0.6.3 and 1.0.0 to 1.5.9");
    }
    before.assertUnchanged();
  }

  @Test
  void aTargetThatExistsIsRefused() throws Exception {
    Path palace = FrozenPalace.unpack("0.6.3", temp.resolve("palace"));
    Path target = Files.createDirectory(temp.resolve("target"));
    Files.writeString(target.resolve("kept.txt"), "kept");

    assertRefused(List.of("migrate", "--target", target.toString()), palace, target.toString(), "");
  }

  @Test
  void aTargetThatCannotHoldTheDataIsRefused() throws Exception {
    Path palace = FrozenPalace.unpack("1.5.9", temp.resolve("palace"));

    assertRefused(List.of("migrate", "--yes", "--to", "0.6.3"), palace, "list", "");
  }

  private void assertRefused(List<String> verb, Path palace, String sentence, String hint)
      throws IOException {
    var before = Fingerprint.of(temp);

    CommandRun run = palace(arguments(verb, palace, false));

    assertThat(run.exitCode()).as(run.err()).isEqualTo(3);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .contains("palace: error: ", sentence, "nothing was changed")
        .doesNotContain("Exception", "\tat ");
    if (!hint.isEmpty()) {
      assertThat(run.err()).contains("palace: hint: ", hint);
    }
    before.assertUnchanged();
    assertRefusedInJson(verb, palace, sentence);
    before.assertUnchanged();
  }

  private static void assertRefusedInJson(List<String> verb, Path palace, String sentence)
      throws IOException {
    var document = palace(arguments(verb, palace, true)).json();

    assertThat(document.path("schemaVersion").asInt()).isEqualTo(1);
    assertThat(document.path("command").asText()).isEqualTo(verb.getFirst());
    assertThat(document.path("exitCode").asInt()).isEqualTo(3);
    assertThat(document.path("outcome").asText()).isEqualTo("refused");
    assertThat(document.path("error").path("message").asText()).contains(sentence);
    assertThat(document.path("error").has("hint")).isTrue();
  }

  private static String[] arguments(List<String> verb, Path palace, boolean json) {
    Stream<String> after = json ? Stream.of("--json") : Stream.empty();
    Stream<String> named = Stream.of("--palace", palace.toString());
    return Stream.of(verb.stream().flatMap(word -> Stream.of(word.split(" "))), named, after)
        .flatMap(part -> part)
        .toArray(String[]::new);
  }

  private static void execute(Path palace, String sql) throws SQLException {
    String url = "jdbc:sqlite:" + palace.resolve("chroma.sqlite3");
    try (var connection = DriverManager.getConnection(url);
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /// Names that a shell, a URI or a format string would take for something else.
  static Stream<String> names() {
    return Stream.of(
        "with space", "what?", "half#", "100%20", "büro–記憶", "quote'd", "a&b=c;d", "%s%n");
  }

  @ParameterizedTest
  @MethodSource("names")
  void anyNameWillDo(String name) throws Exception {
    Path palace = FrozenPalace.unpack("0.6.3", temp.resolve(name));
    var before = Fingerprint.of(temp);

    for (String path : List.of(palace.toString(), palace + "/", palace + "//")) {
      CommandRun run = palace("status", "--palace", path);

      assertThat(run.exitCode()).as(run.err()).isZero();
      assertThat(run.out()).contains(palace.toString(), "279 drawers");
      assertThat(palace("doctor", path).exitCode()).isZero();
    }
    before.assertUnchanged();
    assertThat(new String(name.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8))
        .isEqualTo(name);
  }

  @Test
  void aLinkToAPalaceIsThatPalace() throws Exception {
    Path palace = FrozenPalace.unpack("0.6.3", temp.resolve("palace"));
    Path link = Files.createSymbolicLink(temp.resolve("link"), Path.of("palace"));

    CommandRun run = palace("status", link.toString());

    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).contains(palace.toString());
    Files.delete(link);
  }

  @ParameterizedTest
  @MethodSource("emptyPalaces")
  void aPalaceWithoutDrawersOrCollectionsIsHealthy(List<String> statements) throws Exception {
    Path palace = FrozenPalace.unpack("1.5.9", temp.resolve("palace"));
    for (String statement : statements) {
      execute(palace, statement);
    }
    try (var segments = Files.newDirectoryStream(palace, "*-*-*-*-*")) {
      for (Path segment : segments) {
        deleteTree(segment);
      }
    }

    CommandRun run = palace("status", palace.toString());

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains("0 drawers");
    assertThat(palace("doctor", palace.toString()).exitCode()).isZero();
  }

  static Stream<List<String>> emptyPalaces() {
    List<String> drawers =
        List.of(
            "DELETE FROM embeddings",
            "DELETE FROM embedding_metadata",
            "DELETE FROM embedding_metadata_array",
            "DELETE FROM embedding_fulltext_search",
            "DELETE FROM embeddings_queue",
            "DELETE FROM max_seq_id");
    List<String> collections =
        List.of(
            "DELETE FROM collection_metadata",
            "DELETE FROM segment_metadata",
            "DELETE FROM segments",
            "DELETE FROM collections");
    return Stream.of(drawers, Stream.concat(drawers.stream(), collections.stream()).toList());
  }

  private static void deleteTree(Path tree) throws IOException {
    try (Stream<Path> paths = Files.walk(tree)) {
      for (Path path : paths.toList().reversed()) {
        Files.delete(path);
      }
    }
  }
}
