package palace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A palace that means harm makes the program call nobody, run nothing, and write nowhere but in
/// the palace, beside it, in the temporary folder and in MemPalace's folder of locks.
final class HostileTraceIT {
  /// The start script is a shell that asks where it lies and on which system.
  private static final List<String> OWN = List.of("palace", "dirname", "uname", "java");

  @TempDir private Path temp;
  @TempDir private Path scratch;

  /// What somebody put into a palace.
  enum Harm {
    /// A pickle that runs a program when Python loads it.
    PICKLE,
    /// Links out of the palace, one of them named like a segment.
    LINKS,
    /// Names in the database that are paths out of the palace.
    NAMES,
    /// A view without end in the place of a table.
    VIEW
  }

  @ParameterizedTest
  @EnumSource
  void nothingLeavesThePalace(Harm harm) throws Exception {
    Path palace = palaceWith(harm);
    for (List<String> verb : List.of(List.of("doctor"), List.of("repair", "--yes"))) {
      var trace = new WriteTrace(scratch.resolve("trace"));

      var result = run(trace, verb, palace);

      assertThat(result.exitCode()).as(result.err()).isIn(0, 3, 5);
      assertThat(trace.connections()).isEmpty();
      assertThat(OWN).containsAll(trace.executed());
      assertThat(trace.changedOutside(places(palace))).isEmpty();
    }
  }

  @Test
  void theTraceShowsACallAProgramAndWritesElsewhere() throws Exception {
    Path script = scratch.resolve("script");
    Files.writeString(
        script,
        """
        cd "$1"
        echo > "$1/named"
        echo > relative
        exec 3<>/dev/tcp/127.0.0.1/9
        /bin/true
        """);
    var trace = new WriteTrace(scratch.resolve("trace"));
    var command = new ArrayList<>(trace.prefix());
    command.addAll(List.of("bash", script.toString(), temp.toString()));

    new ProcessBuilder(command).redirectErrorStream(true).start().waitFor();

    assertThat(trace.connections()).singleElement().asString().contains("127.0.0.1");
    assertThat(trace.executed()).contains("true");
    assertThat(trace.changedOutside(List.of(scratch, Path.of("/dev"))))
        .containsExactly(temp.resolve("named").toString(), temp.resolve("relative").toString());
  }

  private Program.Result run(WriteTrace trace, List<String> verb, Path palace) throws Exception {
    var arguments = new ArrayList<>(verb);
    arguments.addAll(List.of("--palace", palace.toString()));
    String folders = "-Duser.home=%1$s -Djava.io.tmpdir=%1$s".formatted(scratch);
    return new Program(trace.prefix(), scratch)
        .begin(
            Map.of("TMPDIR", scratch.toString(), "JDK_JAVA_OPTIONS", folders),
            arguments.toArray(String[]::new))
        .await();
  }

  /// The home folder and the temporary folder are the scratch folder.
  private List<Path> places(Path palace) {
    return List.of(palace, scratch, Path.of("/proc/self"));
  }

  private Path palaceWith(Harm harm) throws Exception {
    if (harm == Harm.PICKLE) {
      assumeTrue(BrokenPalace.canBeMade(), "cannot run here: python3 is missing");
      return new BrokenPalace("1.5.9", "pickle_hostile", Set.of()).make(temp);
    }
    Path palace = new FrozenPalace("1.5.9").unpack(temp);
    Path outside = Files.createDirectory(temp.resolve("outside"));
    switch (harm) {
      case LINKS -> {
        Files.createSymbolicLink(palace.resolve("notes"), outside);
        Files.createSymbolicLink(palace.resolve("aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"), outside);
      }
      case NAMES ->
          change(
              palace,
              "UPDATE segments SET id = '../outside/segment' WHERE scope = 'VECTOR'"
                  + " AND collection = (SELECT id FROM collections WHERE name = 'mempalace_drawers')",
              "UPDATE collections SET name = '../outside/closets' WHERE name = 'mempalace_closets'");
      case VIEW ->
          change(
              palace,
              "DROP TABLE embedding_metadata",
              "CREATE VIEW embedding_metadata AS WITH RECURSIVE n(i) AS"
                  + " (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT i AS id, 'k' AS key,"
                  + " 'v' AS string_value, 1 AS int_value, 1.0 AS float_value, 1 AS bool_value FROM n");
      case PICKLE -> {}
    }
    return palace;
  }

  private static void change(Path palace, String... sql) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + palace.resolve("chroma.sqlite3"));
        Statement statement = connection.createStatement()) {
      for (String line : sql) {
        statement.execute(line);
      }
    }
  }
}
