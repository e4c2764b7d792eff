package palace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What somebody meets before any verb: the start script, the Java it finds, help and version.
final class LauncherIT {
  private static final Path DIST = Path.of(System.getProperty("palace.dist")).normalize();
  private static final int FIRST_FIT_JAVA = 25;

  @TempDir private Path temp;

  /// JUnit warns of every link that leads out of the directory it deletes.
  @AfterEach
  void removeLinks() throws IOException {
    try (Stream<Path> paths = Files.walk(temp)) {
      for (Path link : paths.filter(Files::isSymbolicLink).toList()) {
        Files.delete(link);
      }
    }
  }

  @Test
  void versionIsOneLineForTheProgramAndOneForItsJava() throws Exception {
    var result = run(Map.of(), start(DIST), "--version");

    assertThat(result.exitCode()).isZero();
    assertThat(result.output().lines()).hasSize(2);
    assertThat(result.output()).startsWith("palace ").contains("\nJava ");
    assertThat(result.talk()).isEmpty();
  }

  @Test
  void helpListsTheExitCodes() throws Exception {
    var result = run(Map.of(), start(DIST), "--help");

    assertThat(result.exitCode()).isZero();
    assertThat(result.output()).contains("another process holds the palace", "78");
  }

  @Test
  void anUnknownVerbIsWrongUsageAndSaysSoOnStandardError() throws Exception {
    var result = run(Map.of(), start(DIST), "no-such-verb");

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.output()).isEmpty();
    assertThat(result.talk()).contains("no-such-verb");
  }

  @Test
  void theVectorModuleIsThereWithoutAWarning() throws Exception {
    var logged = Map.of("PALACE_JAVA_OPTS", "-Xlog:module+load:stdout");

    var result = run(logged, start(DIST), "no-such-verb");

    assertThat(result.output()).contains("jdk.incubator.vector location: jrt:");
    assertThat(result.talk()).doesNotContain("WARNING");
  }

  @Test
  void theClassArchiveFitsTheFlagsOfTheStartScript() throws Exception {
    var logged = Map.of("PALACE_JAVA_OPTS", "-Xlog:cds:stdout");

    var result = run(logged, start(DIST), "no-such-verb");

    assertThat(result.output()).contains("full module graph: enabled");
  }

  @Test
  void aSymbolicLinkFromAPathWithSpacesStartsTheProgram() throws Exception {
    Path folder = Files.createDirectory(temp.resolve("a folder"));
    Path first = Files.createSymbolicLink(folder.resolve("first link"), start(DIST));
    Path second = Files.createSymbolicLink(temp.resolve("second"), Path.of("a folder/first link"));

    assertThat(run(Map.of(), first, "--version").exitCode()).isZero();
    assertThat(run(Map.of(), second, "--version").exitCode()).isZero();
  }

  @Test
  void aDistributionInAFolderWithSpacesStartsOnJavaHome() throws Exception {
    Path copy = distributionWithoutRuntime();
    var home = Map.of("JAVA_HOME", System.getProperty("java.home"));

    var result = run(home, start(copy), "--version");

    assertThat(result.talk()).isEmpty();
    assertThat(result.exitCode()).isZero();
  }

  @Test
  void anOldJavaIsToldSoInOneSentence() throws Exception {
    Optional<Path> oldJava = oldJava();
    assumeTrue(oldJava.isPresent(), "cannot run here: no Java older than 25 found");
    Path copy = distributionWithoutRuntime();

    var result = run(Map.of("JAVA_HOME", oldJava.get().toString()), start(copy), "doctor");

    assertThat(result.exitCode()).isEqualTo(78);
    assertThat(result.output()).isEmpty();
    assertThat(result.talk().lines()).hasSize(1);
    assertThat(result.talk())
        .startsWith("palace: error: palace needs Java 25 or newer, and this is Java ")
        .contains(oldJava.get().toRealPath().toString(), "JAVA_HOME");
  }

  @Test
  void noJavaAtAllIsToldInOneSentence() throws Exception {
    Path copy = distributionWithoutRuntime();

    var result = run(Map.of("JAVA_HOME", temp.toString()), start(copy), "doctor");

    assertThat(result.exitCode()).isEqualTo(78);
    assertThat(result.talk().lines()).hasSize(1);
    assertThat(result.talk()).contains("no Java at", "JAVA_HOME");
  }

  private static Path start(Path distribution) {
    return distribution.resolve("bin/palace");
  }

  private Path distributionWithoutRuntime() throws IOException {
    Path copy = Files.createDirectories(temp.resolve("my palace tool"));
    Files.createDirectory(copy.resolve("bin"));
    Files.copy(start(DIST), start(copy));
    start(copy).toFile().setExecutable(true);
    Files.createSymbolicLink(copy.resolve("lib"), DIST.resolve("lib"));
    Files.createSymbolicLink(copy.resolve("native"), DIST.resolve("native"));
    return copy;
  }

  private static Optional<Path> oldJava() throws IOException {
    var homes = new ArrayList<Path>();
    homes.add(Path.of(System.getProperty("palace.oldJava")));
    Path usualPlace = Path.of("/usr/lib/jvm");
    if (Files.isDirectory(usualPlace)) {
      try (Stream<Path> found = Files.list(usualPlace)) {
        found.sorted().forEach(homes::add);
      }
    }
    for (Path home : homes) {
      if (isOld(home)) {
        return Optional.of(home);
      }
    }
    return Optional.empty();
  }

  private static boolean isOld(Path home) throws IOException {
    Path release = home.resolve("release");
    if (!Files.exists(release) || !Files.isExecutable(home.resolve("bin/java"))) {
      return false;
    }
    var properties = new Properties();
    try (var in = Files.newBufferedReader(release)) {
      properties.load(in);
    }
    String version = properties.getProperty("JAVA_VERSION", "\"99\"").replace("\"", "");
    return Integer.parseInt(version.split("\\.")[0]) < FIRST_FIT_JAVA;
  }

  private Result run(Map<String, String> environment, Path program, String... arguments)
      throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    Path output = Files.createTempFile(temp, "output", "");
    Path talk = Files.createTempFile(temp, "talk", "");
    var process =
        new ProcessBuilder(command).redirectOutput(output.toFile()).redirectError(talk.toFile());
    process.environment().remove("JAVA_HOME");
    process.environment().putAll(environment);
    int exitCode = process.start().waitFor();
    return new Result(exitCode, text(output), text(talk));
  }

  private static String text(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.UTF_8);
  }

  /// What one start of the program left: its exit code, standard output and standard error.
  private record Result(int exitCode, String output, String talk) {}
}
