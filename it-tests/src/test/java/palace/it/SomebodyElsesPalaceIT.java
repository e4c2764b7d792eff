package palace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What a user is told about a palace that is not theirs. Permissions stop nobody who is root, so
/// the program runs as a user who owns nothing.
final class SomebodyElsesPalaceIT {
  private static final String NOBODY = "65534";

  @TempDir private Path temp;
  @TempDir private Path scratch;
  private Path palace;

  @BeforeEach
  void letNobodyIn() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "cannot run here: no setpriv");
    assumeTrue(
        System.getProperty("user.name").equals("root"), "cannot run here: only root may do this");
    allow(temp, "rwxr-xr-x");
    allow(scratch, "rwxrwxrwx");
    assumeTrue(
        nobody().run("--version").exitCode() == 0,
        "cannot run here: other users cannot read the distribution");
    palace = new FrozenPalace("0.6.3").unpack(temp);
  }

  static Stream<List<String>> verbs() {
    return Stream.of(
        List.of("status"),
        List.of("doctor"),
        List.of("migrate", "--yes"),
        List.of("migrate", "--dry-run"),
        List.of("repair", "--yes"),
        List.of("repair", "--dry-run"));
  }

  @ParameterizedTest
  @MethodSource("verbs")
  void aDirectoryThatCannotBeReadIsRefused(List<String> verb) throws Exception {
    allow(palace, "rwx------");

    assertDenied(verb);
  }

  @ParameterizedTest
  @MethodSource("verbs")
  void aDirectoryOnTheWayThatCannotBeEnteredIsRefused(List<String> verb) throws Exception {
    allow(temp, "rwx------");

    assertDenied(verb);
  }

  static Stream<List<String>> looks() {
    return verbs().filter(verb -> !verb.contains("--yes"));
  }

  static Stream<List<String>> changes() {
    return Stream.concat(
        verbs().filter(verb -> verb.contains("--yes")),
        Stream.of(List.of("snapshot", "create"), List.of("recover")));
  }

  @ParameterizedTest
  @MethodSource("looks")
  void aDatabaseThatCannotBeReadIsRefused(List<String> verb) throws Exception {
    allow(palace.resolve("chroma.sqlite3"), "rw-------");

    assertDenied(verb);
  }

  @ParameterizedTest
  @MethodSource("changes")
  void aPalaceThatCannotBeWrittenIsRefused(List<String> verb) throws Exception {
    var result = nobody().run(arguments(verb));

    assertThat(result.exitCode()).as(result.err()).isEqualTo(3);
    assertThat(result.err())
        .contains("palace: error: ", "nothing was changed", "palace: hint: ")
        .doesNotContain("Exception");
    assertThat(palace.resolve(".palace")).doesNotExist();
  }

  private void assertDenied(List<String> verb) throws Exception {
    var result = nobody().run(arguments(verb));

    assertThat(result.exitCode()).as(result.err()).isEqualTo(3);
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .contains("palace: error: ", "permission denied", "nothing was changed")
        .contains("palace: hint: run palace as the owner of the palace")
        .doesNotContain("Exception");
  }

  private String[] arguments(List<String> verb) {
    return Stream.concat(verb.stream(), Stream.of("--palace", palace.toString()))
        .toArray(String[]::new);
  }

  private Program nobody() {
    return new Program(
        List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups"), scratch);
  }

  private static void allow(Path path, String permissions) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
  }
}
