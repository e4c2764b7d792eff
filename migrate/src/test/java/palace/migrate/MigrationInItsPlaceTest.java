package palace.migrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import palace.common.ExitCode;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.RunId;
import palace.common.chroma.ChromaRelease;
import palace.common.chroma.SourceDatabase;
import palace.common.files.Companions;
import palace.common.files.FileDigest;
import palace.common.files.Identity;
import palace.common.files.TreeDigest;
import palace.common.lock.PalaceLock;
import palace.common.restore.Direction;
import palace.common.restore.Recovery;
import palace.common.restore.Restore;
import palace.common.restore.RestoreRequest;
import palace.common.snapshot.SnapshotEntry;
import palace.common.snapshot.SnapshotStore;
import palace.common.store.NeedsEmbedding;
import palace.common.swap.PalacePaths;

/// What stands around a palace while and after another one takes its place: other programs, other
/// tools' leftovers, and places where it cannot be renamed.
final class MigrationInItsPlaceTest {
  private static final String WRITER =
      """
      import sqlite3, sys, time
      number = 0
      while True:
          try:
              connection = sqlite3.connect("file:" + sys.argv[1] + "?mode=rw", uri=True, timeout=0)
              connection.execute(
                  "INSERT INTO embeddings_queue (operation, topic, id, vector, encoding, metadata)"
                  " SELECT operation, topic, 'written_' || ?, vector, encoding, metadata"
                  " FROM embeddings_queue LIMIT 1", (number,))
              connection.commit()
              print(number, flush=True)
              number += 1
          except sqlite3.OperationalError:
              pass
          finally:
              connection.close()
          time.sleep(0.2)
      """;

  private static final List<String> LEFT =
      List.of(
          "palace.old",
          "palace.backup",
          "palace.pre-migrate.20260101_000000",
          "palace.aside-mine",
          "palace.incoming-mine");

  @TempDir Path directory;

  private static MigrationRequest request(Path palace) {
    return MigrationRequest.of(palace, ChromaRelease.NEWEST, "0-test");
  }

  private static MigrationReport migrate(Path palace) throws IOException {
    return new PalaceMigrator(Progress.SILENT).migrate(request(palace));
  }

  private List<String> names() throws IOException {
    try (var entries = Files.list(directory)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }

  private static Map<String, FileDigest> withoutDatabases(Path tree) throws IOException {
    var digests = new TreeMap<>(TreeDigest.of(tree));
    digests.keySet().removeIf(name -> Companions.livesOn(name) || name.startsWith(".palace/"));
    return digests;
  }

  @Test
  void whatAWriterWasToldIsWrittenIsInTheLivePalace() throws Exception {
    Path palace = FrozenPalace.unpack("1.5.9", directory).palace();
    Path database = palace.resolve("chroma.sqlite3");
    Process writer = new ProcessBuilder("python3", "-c", WRITER, database.toString()).start();
    int done = 0;
    var written = new ArrayList<String>();
    try (BufferedReader told = writer.inputReader()) {
      for (int run = 0; run < 20 && done < 2; run++) {
        written.add(told.readLine());
        done += migrateDespite(palace);
      }
      // Unlike the process, its handle does not close the streams.
      writer.toHandle().destroy();
      told.lines().forEach(written::add);
    } finally {
      writer.destroyForcibly().waitFor();
    }

    assertThat(done).as("runs that ended well").isPositive();
    Set<String> found = new HashSet<>();
    try (var source = SourceDatabase.open(database)) {
      found.addAll(
          source
              .database()
              .list(
                  "SELECT id FROM embeddings_queue UNION SELECT embedding_id FROM embeddings",
                  row -> row.text(1)));
    }
    assertThat(found).containsAll(written.stream().map(number -> "written_" + number).toList());
  }

  private static int migrateDespite(Path palace) throws IOException {
    try {
      migrate(palace);
      return 1;
    } catch (PalaceException.Busy | PalaceException.Failed e) {
      assertThat(e).hasMessageContaining("nothing was changed");
      return 0;
    }
  }

  @Test
  void nobodyCanWriteFromTheReadingToTheExchange() throws Exception {
    Path palace = FrozenPalace.unpack("0.6.3", directory).palace();
    String program =
        """
        import sqlite3, sys
        try:
            sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None).execute("BEGIN IMMEDIATE")
            print("got it")
        except sqlite3.OperationalError as error:
            print(error)
        """;
    var answers = new TreeMap<String, String>();
    Progress probing =
        (task, total, unit) -> {
          try {
            Process process =
                new ProcessBuilder(
                        "python3", "-c", program, palace.resolve("chroma.sqlite3").toString())
                    .start();
            answers.put(task, process.inputReader().readLine());
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          return done -> {};
        };

    new PalaceMigrator(probing).migrate(request(palace));

    assertThat(answers.values()).isNotEmpty().containsOnly("database is locked");
  }

  @Test
  void onlyTheFenceIsOpenWhenTheBuildIsProven() throws Exception {
    Path palace = FrozenPalace.unpack("0.6.3", directory).palace().toRealPath();
    var warnings = new ArrayList<String>();
    var clock = Clock.systemUTC();
    var paths = PalacePaths.of(palace, RunId.now(clock));
    try (var lock = PalaceLock.acquire(palace, "migrate");
        Grip grip = Grip.on(lock, palace)) {
      assertThat(grip.fence()).isPresent();
      new Construction(request(palace), palace, paths, Progress.SILENT, clock, warnings).make();
      assertThat(openBelow(palace)).containsOnly(palace.resolve("chroma.sqlite3"));
      assertThat(openBelow(paths.build())).isEmpty();
    }
  }

  private static List<Path> openBelow(Path folder) throws IOException {
    var open = new ArrayList<Path>();
    try (var descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors) {
        if (Files.isSymbolicLink(descriptor)) {
          Path file = Files.readSymbolicLink(descriptor);
          if (file.startsWith(folder)) {
            open.add(file);
          }
        }
      }
    }
    return open;
  }

  @Test
  void whatOtherToolsLeftIsNamedAndNotTouched() throws Exception {
    Path palace = FrozenPalace.unpack("0.6.3", directory).palace();
    for (String name : LEFT) {
      Files.writeString(Files.createDirectory(directory.resolve(name)).resolve("only copy"), name);
    }

    MigrationReport report = migrate(palace);

    for (String name : LEFT) {
      assertThat(directory.resolve(name).resolve("only copy")).hasContent(name);
      assertThat(report.warnings()).anyMatch(warning -> warning.contains(name));
    }
  }

  @Test
  void aPreviousPalaceThatCannotBeFiledIsFiledByTheNextCommand() throws Exception {
    Path palace = FrozenPalace.unpack("0.6.3", directory).palace();
    var before = withoutDatabases(palace);
    Path obstacle = directory.resolve("palace.ops").resolve("snapshots");
    Progress obstructing =
        (task, total, unit) -> {
          try {
            if (!Files.exists(obstacle)) {
              Files.writeString(obstacle, "in the way");
            }
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          return done -> {};
        };

    MigrationReport report = new PalaceMigrator(obstructing).migrate(request(palace));

    assertThat(report.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(report.warnings()).anyMatch(warning -> warning.contains("could not be filed"));
    var outcome = (MigrationReport.Outcome.Migrated) report.outcome();
    assertThat(withoutDatabases(outcome.snapshot().orElseThrow())).isEqualTo(before);
    assertThat(Recovery.look(palace).runs())
        .singleElement()
        .satisfies(run -> assertThat(run.id()).isEqualTo(report.run()));

    Files.delete(obstacle);
    try (var lock = PalaceLock.acquire(palace, "recover")) {
      Recovery.settle(lock, palace, Direction.BACK, "0.2.0");
    }
    SnapshotEntry entry =
        SnapshotStore.in(directory.resolve("palace.ops")).find(report.run()).orElseThrow();
    assertThat(entry).isInstanceOf(SnapshotEntry.Kept.class);
    assertThat(withoutDatabases(entry.directory().resolve("palace"))).isEqualTo(before);
    assertThat(names()).containsExactly("palace", "palace.ops");
    assertThat(Recovery.look(palace).nothing()).isTrue();
  }

  @Test
  void aRestoreTakesItBackAndAnotherBringsItAgain() throws Exception {
    Path palace = FrozenPalace.unpack("0.6.3", directory).palace();
    var before = withoutDatabases(palace);
    var graph = Identity.of(palace.resolve("knowledge_graph.sqlite3"));

    MigrationReport report = migrate(palace);
    var after = withoutDatabases(palace);
    var undone =
        new Restore(Progress.SILENT)
            .restore(RestoreRequest.of(palace, report.run().value(), "0-test"));

    assertThat(withoutDatabases(palace)).isEqualTo(before).isNotEqualTo(after);
    assertThat(graph).isPresent();
    new Restore(Progress.SILENT).restore(RestoreRequest.of(palace, undone.run().value(), "0-test"));
    assertThat(withoutDatabases(palace)).isEqualTo(after);
  }

  @Test
  void aPalaceThatIsMemPalacesConfigFolderIsMigratedEntryByEntry() throws Exception {
    Path palace = FrozenPalace.unpack("0.6.3", directory).palace();
    Files.writeString(palace.resolve("config.json"), "{}");
    Path locks = Files.createDirectory(palace.resolve("locks"));
    var folder = Identity.of(palace);
    var lock = Identity.of(locks);
    var graph = Identity.of(palace.resolve("knowledge_graph.sqlite3"));
    var database = Identity.of(palace.resolve("chroma.sqlite3"));
    var before = withoutDatabases(palace);

    MigrationReport report = migrate(palace);

    assertThat(report.warnings()).noneMatch(warning -> warning.contains("filed"));
    assertThat(Identity.of(palace)).isEqualTo(folder);
    assertThat(Identity.of(locks)).isEqualTo(lock);
    assertThat(Identity.of(palace.resolve("knowledge_graph.sqlite3"))).isEqualTo(graph);
    assertThat(Identity.of(palace.resolve("chroma.sqlite3"))).isNotEqualTo(database);
    assertThat(names()).containsExactly("palace");
    try (var source = SourceDatabase.open(palace.resolve("chroma.sqlite3"))) {
      assertThat(source.database().schema().level()).isEqualTo(ChromaRelease.NEWEST.level());
    }
    assertThat(palace.resolve(".palace/seal.json")).isRegularFile();
    assertThat(Recovery.look(palace).nothing()).isTrue();

    new Restore(Progress.SILENT).restore(RestoreRequest.of(palace, report.run().value(), "0-test"));
    assertThat(withoutDatabases(palace)).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b", "what?", "50%25", "#1", "ä ö 記憶", "it's"})
  void anyNameWillDoAndALinkToItIsKept(String name) throws Exception {
    Path palace = FrozenPalace.unpack("0.6.3", directory).palace();
    Path named = Files.move(palace, directory.resolve(name));
    Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of(name));

    migrate(link);

    assertThat(link).isSymbolicLink();
    assertThat(names()).containsExactlyInAnyOrder("link", name, name + ".ops");
    try (var source = SourceDatabase.open(named.resolve("chroma.sqlite3"))) {
      assertThat(source.database().schema().level()).isEqualTo(ChromaRelease.NEWEST.level());
    }
  }

  @Test
  void aNameTooLongForABuildBesideItIsRefused() throws Exception {
    Path palace = FrozenPalace.unpack("0.6.3", directory).palace();
    Path named = Files.move(palace, directory.resolve("n".repeat(240)));
    var before = TreeDigest.of(named);

    assertThatThrownBy(() -> migrate(named))
        .isInstanceOf(PalaceException.Refused.class)
        .hasMessageContaining("nothing was changed");

    assertThat(TreeDigest.of(named)).isEqualTo(before);
    assertThat(names()).containsExactly("n".repeat(240));
  }

  @Test
  void drawersThatAnEarlierRunListedStayListed() throws Exception {
    Path palace = FrozenPalace.unpack("0.6.3", directory).palace();
    Path list = palace.resolve(NeedsEmbedding.NAME);
    Files.createDirectory(palace.resolve(".palace"));
    Files.writeString(list, "{\"collection\":\"c\",\"id\":\"d\",\"document\":\"only here\"}\n");

    migrate(palace);

    assertThat(list).content().contains("only here");
  }

  @Test
  void whatIsNotThereOrNoPalaceIsRefusedWithoutATrace() throws Exception {
    Path empty = Files.createDirectory(directory.resolve("empty"));

    for (Path palace : List.of(empty, directory.resolve("missing"))) {
      assertThatThrownBy(() -> migrate(palace)).isInstanceOf(PalaceException.Refused.class);
    }

    assertThat(names()).containsExactly("empty");
    assertThat(empty).isEmptyDirectory();
  }
}
