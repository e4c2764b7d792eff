package palace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What only looks writes nothing in or beside a palace, not even a lock or a `-shm` file.
final class ReadOnlyIT {
  @TempDir private Path temp;
  @TempDir private Path scratch;

  /// In which state somebody may find a palace.
  enum State {
    /// As Chroma leaves it.
    PLAIN,
    /// With the journal of a writer that was killed.
    HOT_JOURNAL,
    /// With a log that was not merged, as a killed writer leaves it in WAL mode.
    UNMERGED_LOG,
    /// In WAL mode, all merged and nothing beside the database.
    MERGED_LOG,
    /// With a database that SQLite refuses.
    SCRAMBLED
  }

  static Stream<Arguments> looks() {
    var looks = new ArrayList<Arguments>();
    for (State state : State.values()) {
      if (state != State.SCRAMBLED) {
        looks.add(Arguments.of(state, List.of("status")));
        looks.add(Arguments.of(state, List.of("migrate", "--dry-run")));
      }
      looks.add(Arguments.of(state, List.of("doctor", "--digest")));
      looks.add(Arguments.of(state, List.of("repair", "--dry-run")));
    }
    looks.add(Arguments.of(State.PLAIN, List.of("snapshot", "list")));
    looks.add(Arguments.of(State.PLAIN, List.of("snapshot", "verify")));
    looks.add(Arguments.of(State.PLAIN, List.of("recover", "--dry-run")));
    return looks.stream();
  }

  @ParameterizedTest
  @MethodSource("looks")
  void lookingWritesNothing(State state, List<String> verb) throws Exception {
    Path palace = palaceIn(state);
    var trace = new WriteTrace(scratch.resolve("trace"));

    var result = program(trace).run(arguments(verb, palace));

    assertThat(result.exitCode()).as(result.err()).isIn(0, 5);
    assertThat(result.out()).isNotEmpty();
    assertThat(trace.changesBelow(temp)).isEmpty();
  }

  @Test
  void planningARestoreWritesNothing() throws Exception {
    Path palace = palaceIn(State.PLAIN);
    var plain = new Program(List.of(), scratch);
    assertThat(plain.run("snapshot", "create", palace.toString()).exitCode()).isZero();
    String id = plain.run("snapshot", "list", palace.toString()).out().split(" ")[0];
    var trace = new WriteTrace(scratch.resolve("trace"));

    var result = program(trace).run("restore", "--dry-run", id, palace.toString());

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).contains("plan: put snapshot " + id);
    assertThat(trace.changesBelow(temp)).isEmpty();
  }

  @Test
  void theTraceShowsWhatAMigrationWrites() throws Exception {
    Path palace = palaceIn(State.PLAIN);
    var trace = new WriteTrace(scratch.resolve("trace"));

    var result = program(trace).run("migrate", "--yes", "--palace", palace.toString());

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(trace.changesBelow(temp)).isNotEmpty();
  }

  private Program program(WriteTrace trace) {
    return new Program(trace.prefix(), scratch);
  }

  private static String[] arguments(List<String> verb, Path palace) {
    return Stream.concat(verb.stream(), Stream.of("--palace", palace.toString()))
        .toArray(String[]::new);
  }

  private Path palaceIn(State state) throws IOException, SQLException {
    Path original = new FrozenPalace("0.6.3").unpack(scratch.resolve("original"));
    return switch (state) {
      case PLAIN -> copy(original);
      case HOT_JOURNAL -> withHotJournal(original);
      case UNMERGED_LOG -> inWalMode(original, false);
      case MERGED_LOG -> inWalMode(original, true);
      case SCRAMBLED -> scrambled(original);
    };
  }

  /// Copied while a transaction has spilled into the database file, so that its journal is needed.
  private Path withHotJournal(Path original) throws IOException, SQLException {
    try (Connection connection = open(original);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA cache_size = 5");
      statement.execute("BEGIN IMMEDIATE");
      statement.execute("UPDATE embedding_metadata SET string_value = string_value || 'x'");
      Path palace = copy(original);
      assertThat(palace.resolve("chroma.sqlite3-journal")).isNotEmptyFile();
      return palace;
    }
  }

  private Path inWalMode(Path original, boolean merged) throws IOException, SQLException {
    try (Connection connection = open(original);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute("UPDATE embedding_metadata SET int_value = int_value");
      if (!merged) {
        Path palace = copy(original);
        Files.delete(palace.resolve("chroma.sqlite3-shm"));
        assertThat(palace.resolve("chroma.sqlite3-wal")).isNotEmptyFile();
        return palace;
      }
    }
    Path palace = copy(original);
    assertThat(palace.resolve("chroma.sqlite3-wal")).doesNotExist();
    return palace;
  }

  private Path scrambled(Path original) throws IOException {
    Path palace = copy(original);
    try (var file = new RandomAccessFile(palace.resolve("chroma.sqlite3").toFile(), "rw")) {
      file.write(new byte[100]);
    }
    return palace;
  }

  private static Connection open(Path palace) throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + palace.resolve("chroma.sqlite3"));
  }

  private Path copy(Path original) throws IOException {
    Path palace = temp.resolve("palace");
    try (Stream<Path> paths = Files.walk(original)) {
      for (Path path : paths.toList()) {
        Files.copy(path, palace.resolve(original.relativize(path).toString()));
      }
    }
    return palace;
  }
}
