package palace.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import palace.common.files.FileDigest;
import palace.common.files.TreeCopy;
import palace.common.files.TreeDelete;
import palace.common.files.TreeDigest;

/// Something else stands where a palace, or what palace keeps beside it, has a file or a directory:
/// a link out of it or to itself, a pipe, a socket, a directory. No command waits for it, follows
/// it out, or writes through it.
final class OddEntriesTest {
  private static final Duration BOUND = Duration.ofSeconds(60);
  private static final int USUAL = 40;
  private static final String SEGMENT = "649d4814-4463-4557-aa65-5bcb26289aff";
  private static final List<String> PLACES =
      List.of(
          "chroma.sqlite3",
          "chroma.sqlite3-journal",
          "chroma.sqlite3-wal",
          "chroma.sqlite3-shm",
          SEGMENT,
          SEGMENT + "/header.bin",
          SEGMENT + "/data_level0.bin",
          SEGMENT + "/length.bin",
          SEGMENT + "/link_lists.bin",
          SEGMENT + "/index_metadata.pickle",
          SEGMENT + ".drift-20260101-000000",
          "00000000-0000-4000-8000-000000000000",
          "knowledge_graph.sqlite3",
          "knowledge_graph.sqlite3-wal",
          "knowledge_graph.sqlite3-shm",
          "mempalace_embedder.json",
          "notes/entry",
          ".palace",
          ".palace/seal.json",
          ".palace/ops",
          "../palace.ops",
          "../palace.ops/lock",
          "../palace.ops/snapshots",
          "../palace.ops/history.jsonl",
          "../palace.ops/journal-20261121T034700Z-1a2b3c.json",
          "../palace.backup",
          "../palace.old");

  @TempDir private Path temp;

  /// What stands in the place.
  enum Odd {
    LINK_TO_A_FILE_OUTSIDE,
    LINK_TO_A_DIRECTORY_OUTSIDE,
    LINK_TO_ITSELF,
    LINK_TO_NOTHING,
    LINK_TO_THE_ROOT,
    LINK_TO_ENDLESS_ZEROES,
    HARD_LINK,
    PIPE,
    SOCKET,
    DIRECTORY
  }

  static Stream<Arguments> oddities() {
    var all = new ArrayList<Arguments>();
    for (String place : PLACES) {
      for (Odd odd : Odd.values()) {
        all.add(Arguments.of(place, odd));
      }
    }
    Collections.shuffle(all, new Random(20_261_121));
    return Boolean.getBoolean("palace.all") ? all.stream() : all.stream().limit(USUAL);
  }

  @ParameterizedTest
  @MethodSource("oddities")
  void nothingWaitsForItOrFollowsItOut(String place, Odd odd) throws Exception {
    Path outside = Files.createDirectory(temp.resolve("outside"));
    Path palace = temp.resolve("home/palace");
    Files.createDirectories(palace.getParent());
    TreeCopy.copy(Path.of("..", "samples", "chroma-0.6").toRealPath(), palace);
    try (var closing = put(odd, palace.resolve(place).normalize(), outside)) {
      SortedMap<String, FileDigest> digests = TreeDigest.of(outside);
      List<String> names = names(outside);
      for (List<String> verb : verbs()) {
        run(palace, verb);
        assertThat(TreeDigest.of(outside)).as("after %s", verb).isEqualTo(digests);
        assertThat(names(outside)).as("after %s", verb).isEqualTo(names);
      }
    }
  }

  private static List<List<String>> verbs() {
    return List.of(
        List.of("status"),
        List.of("doctor", "--digest"),
        List.of("repair", "--dry-run"),
        List.of("migrate", "--dry-run"),
        List.of("snapshot", "list"),
        List.of("snapshot", "verify"),
        List.of("snapshot", "create", "--scope", "db"),
        List.of("snapshot", "create", "--scope", "full"),
        List.of("repair", "--rebuild-index", "--yes"),
        List.of("migrate", "--yes"),
        List.of("recover", "--yes"),
        List.of("doctor"));
  }

  private static void run(Path palace, List<String> verb) {
    var arguments = new ArrayList<>(verb);
    arguments.addAll(List.of("--palace", palace.toString()));
    CommandRun run =
        assertTimeoutPreemptively(
            BOUND,
            () -> CommandRun.palace(arguments.toArray(String[]::new)),
            () -> verb + " still runs");
    assertThat(run.err()).as("%s", verb).doesNotContain("should never happen");
    assertThat(run.exitCode()).as("%s: %s", verb, run.err()).isIn(0, 1, 3, 4, 5);
    if (run.exitCode() != 0 && run.exitCode() != 5) {
      assertThat(run.err()).as("%s", verb).contains("palace: error: ");
    }
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> paths = Files.walk(directory)) {
      return paths.map(Path::toString).sorted().toList();
    }
  }

  /// Puts it there, in the place of what is there; what was there stands outside, to tempt.
  private static AutoCloseable put(Odd odd, Path place, Path outside) throws Exception {
    Files.createDirectories(place.getParent());
    Path file = outside.resolve("file");
    Path directory = outside.resolve("directory");
    if (Files.isRegularFile(place)) {
      Files.move(place, file);
    } else {
      Files.writeString(file, "{\"formatVersion\": 1}\n");
    }
    if (Files.isDirectory(place)) {
      TreeCopy.copy(place, directory);
      TreeDelete.delete(place);
    } else {
      Files.writeString(Files.createDirectory(directory).resolve("header.bin"), "x");
    }
    switch (odd) {
      case LINK_TO_A_FILE_OUTSIDE -> Files.createSymbolicLink(place, file);
      case LINK_TO_A_DIRECTORY_OUTSIDE -> Files.createSymbolicLink(place, directory);
      case LINK_TO_ITSELF -> Files.createSymbolicLink(place, place.getFileName());
      case LINK_TO_NOTHING -> Files.createSymbolicLink(place, outside.resolve("nothing"));
      case LINK_TO_THE_ROOT -> Files.createSymbolicLink(place, Path.of("/"));
      case LINK_TO_ENDLESS_ZEROES -> Files.createSymbolicLink(place, Path.of("/dev/zero"));
      case HARD_LINK -> Files.createLink(place, file);
      case PIPE ->
          assumeTrue(
              new ProcessBuilder("mkfifo", place.toString()).start().waitFor() == 0,
              "cannot run here: mkfifo is missing");
      case SOCKET -> {
        return socket(place);
      }
      case DIRECTORY -> TreeCopy.copy(directory, place);
    }
    return () -> {};
  }

  private static AutoCloseable socket(Path place) throws IOException {
    ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    Path shortName = Files.createTempFile("s", "");
    Files.delete(shortName);
    socket.bind(UnixDomainSocketAddress.of(shortName));
    Files.move(shortName, place);
    return socket;
  }
}
