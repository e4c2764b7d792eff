package palace.common.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.CompanionDatabase;
import palace.common.files.FaultyFileOps;
import palace.common.files.FileOps;
import palace.common.files.Identity;
import palace.common.files.TreeDigest;

final class LinkedCompanionsTest {
  private static final String GRAPH = "knowledge_graph.sqlite3";

  @TempDir Path directory;
  private Path palace;
  private Path build;
  private Path aside;
  private Path scratch;

  @BeforeEach
  void makePalaceAndBuild() throws IOException {
    palace = Files.createDirectory(directory.resolve("N"));
    build = Files.createDirectory(directory.resolve("N.build-I"));
    aside = directory.resolve("N.aside-I");
    scratch = directory.resolve("N.incoming-I");
    Files.writeString(palace.resolve("chroma.sqlite3"), "old");
    Files.writeString(build.resolve("chroma.sqlite3"), "new");
  }

  private LinkedCompanions link() throws IOException {
    return link(FileOps.real());
  }

  private LinkedCompanions link(FileOps ops) throws IOException {
    return LinkedCompanions.link(ops, palace, build, name -> name.equals("chroma.sqlite3"));
  }

  /// The names change at once, or one after the other as where there is no exchange.
  private void exchange(boolean atOnce) throws IOException {
    if (atOnce) {
      Files.move(build, aside);
      assertThat(FileOps.real().exchange(palace, aside)).isTrue();
    } else {
      Files.move(palace, aside);
      Files.move(build, palace);
    }
  }

  private static CompanionDatabase.Fencing fence() {
    return file -> {
      ChromaDatabase writer = ChromaDatabase.openForWriting(file);
      writer.beginWriting();
      return Optional.of(() -> {
        try (writer) {
          writer.rollback();
        }
      });
    };
  }

  private static List<String> facts(Path folder) throws IOException {
    Path graph = folder.resolve(GRAPH);
    try (var database = ChromaDatabase.openForWriting(graph)) {
      assertThat(database.list("PRAGMA integrity_check", row -> row.text(1))).containsExactly("ok");
      return database.list("SELECT text FROM fact ORDER BY rowid", row -> row.text(1));
    }
  }

  private static List<String> names(Path folder) throws IOException {
    try (var entries = Files.list(folder)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"WAL", "DELETE", "TRUNCATE", "PERSIST"})
  void whatAnOpenConnectionWritesBeforeBetweenAndAfterIsInTheLivePalace(String mode)
      throws Exception {
    for (boolean atOnce : List.of(true, false)) {
      clear();
      try (var other = PythonConnection.open(palace.resolve(GRAPH), mode)) {
        assertThat(other.say("add before")).isEqualTo("done");
        try (LinkedCompanions companions = link()) {
          assertThat(other.say("add linked")).isEqualTo("done");
          // A log that has something in it cannot be fenced off without merging it.
          boolean fenced = !mode.equals("WAL");
          companions.holdDatabases(fenced ? fence() : CompanionDatabase.Fencing.none());
          assertThat(other.say("impatiently between"))
              .isEqualTo(fenced ? "database is locked" : "done");
          exchange(atOnce);
          companions.release();
          if (!fenced) {
            assertThat(other.say("add after")).isEqualTo("done");
          }
          companions.separate(aside, scratch);
        }
        assertThat(other.say("add later")).isEqualTo("done");
        assertThat(facts(palace))
            .containsExactlyElementsOf(
                mode.equals("WAL")
                    ? List.of("before", "linked", "between", "after", "later")
                    : List.of("before", "linked", "later"));
        assertThat(names(aside)).containsExactly("chroma.sqlite3", GRAPH);
        assertThat(facts(aside)).containsExactly("before", "linked");
        assertThat(scratch).doesNotExist();
      }
    }
  }

  private void clear() throws IOException {
    for (Path tree : List.of(palace, build, aside)) {
      FileOps.real().delete(tree);
    }
    makePalaceAndBuild();
  }

  @Test
  void aConnectionClosedInBetweenLeavesNoStaleLogBesideTheLiveFile() throws Exception {
    try (var other = PythonConnection.open(palace.resolve(GRAPH), "WAL")) {
      assertThat(other.say("add before")).isEqualTo("done");
      try (LinkedCompanions companions = link()) {
        companions.holdDatabases(CompanionDatabase.Fencing.none());
        other.kill();
        exchange(true);
        try (var later = PythonConnection.open(palace.resolve(GRAPH), "WAL")) {
          assertThat(later.say("add after")).isEqualTo("done");
        }
        companions.separate(aside, scratch);
      }
    }
    assertThat(facts(palace)).containsExactly("before", "after");
    assertThat(facts(aside)).containsExactly("before");
  }

  @Test
  void aLogThatNobodyMergedIsLeftUnmerged() throws Exception {
    try (var other = PythonConnection.open(palace.resolve(GRAPH), "WAL")) {
      assertThat(other.say("add before")).isEqualTo("done");
    }
    var before = TreeDigest.of(palace, name -> !name.endsWith("-shm"));
    try (LinkedCompanions companions = link()) {
      companions.holdDatabases(CompanionDatabase.Fencing.none());
    }
    assertThat(TreeDigest.of(palace, name -> !name.endsWith("-shm"))).isEqualTo(before);
  }

  @Test
  void aRunThatGivesUpLeavesNothingBesideADatabaseThatHadNoLog() throws Exception {
    try (var database = ChromaDatabase.create(palace.resolve(GRAPH))) {
      database.execute("CREATE TABLE fact (text)");
    }
    try (var database = ChromaDatabase.openForWriting(palace.resolve(GRAPH))) {
      database.list("PRAGMA journal_mode=WAL", row -> row.text(1));
      database.execute("INSERT INTO fact VALUES ('before')");
    }
    var before = TreeDigest.of(palace);
    assertThat(before).containsOnlyKeys("chroma.sqlite3", GRAPH);
    try (LinkedCompanions companions = link()) {
      companions.holdDatabases(fence());
    }
    assertThat(TreeDigest.of(palace)).isEqualTo(before);
  }

  @Test
  void aTransactionThatWasInterruptedIsUndoneInThePreviousPalaceAndInTheLiveOne() throws Exception {
    Path graph = palace.resolve(GRAPH);
    try (var other = PythonConnection.open(graph, "DELETE")) {
      assertThat(other.say("add before")).isEqualTo("done");
      // A cache of one page makes SQLite write to the file before the transaction ends.
      assertThat(other.say("PRAGMA cache_size=1")).isEqualTo("done");
      assertThat(other.say("begin " + "x".repeat(200_000))).isEqualTo("done");
    }
    assertThat(palace.resolve(GRAPH + "-journal")).isNotEmptyFile();
    byte[] torn = Files.readAllBytes(graph);
    try (LinkedCompanions companions = link()) {
      companions.holdDatabases(CompanionDatabase.Fencing.none());
      exchange(true);
      companions.separate(aside, scratch);
    }
    assertThat(Files.readAllBytes(palace.resolve(GRAPH))).isEqualTo(torn);
    assertThat(facts(palace)).containsExactly("before");
    assertThat(facts(aside)).containsExactly("before");
  }

  @Test
  void filesAreTheSameInTheLivePalaceAndOthersInThePreviousOne() throws Exception {
    Files.writeString(palace.resolve("replica.json"), "{}");
    Path folder = Files.createDirectory(palace.resolve("wings"));
    Files.writeString(folder.resolve("split.json"), "[]");
    Files.createSymbolicLink(palace.resolve("elsewhere"), Path.of("wings/split.json"));
    var json = Identity.of(palace.resolve("replica.json"));
    var split = Identity.of(folder.resolve("split.json"));
    var old = TreeDigest.of(palace);
    try (LinkedCompanions companions = link()) {
      companions.holdDatabases(CompanionDatabase.Fencing.none());
      exchange(true);
      companions.separate(aside, scratch);
    }
    assertThat(Identity.of(palace.resolve("replica.json"))).isEqualTo(json);
    assertThat(Identity.of(palace.resolve("wings/split.json"))).isEqualTo(split);
    assertThat(palace.resolve("elsewhere")).isSymbolicLink();
    Files.writeString(palace.resolve("replica.json"), "changed");
    Files.writeString(palace.resolve("wings/split.json"), "changed");
    assertThat(TreeDigest.of(aside)).isEqualTo(old);
  }

  @Test
  void aFileThatCannotBeLinkedIsCopiedAndNamed() throws Exception {
    Files.writeString(palace.resolve("replica.json"), "{}");
    try (var other = PythonConnection.open(palace.resolve(GRAPH), "WAL")) {
      assertThat(other.say("add before")).isEqualTo("done");
      var ops =
          new FaultyFileOps((step, action) -> {
            if (step.operation().equals("link")) {
              throw new FileSystemException("", "", "Operation not permitted");
            }
            action.run();
          });
      try (LinkedCompanions companions = link(ops)) {
        companions.holdDatabases(CompanionDatabase.Fencing.none());
        assertThat(companions.copied()).containsExactly("replica.json", GRAPH);
        exchange(true);
        companions.separate(aside, scratch);
      }
    }
    assertThat(facts(palace)).containsExactly("before");
    assertThat(facts(aside)).containsExactly("before");
    assertThat(palace.resolve("replica.json")).hasContent("{}");
  }

  @ParameterizedTest
  @ValueSource(strings = "WAL")
  void aSeparationThatStopsAtAnyStepIsFinishedByAnother(String mode) throws Exception {
    int steps = steps(mode);
    assertThat(steps).isGreaterThan(8);
    for (int last = 1; last <= steps; last++) {
      for (boolean done : List.of(false, true)) {
        clear();
        int stop = last;
        try (var other = PythonConnection.open(palace.resolve(GRAPH), mode)) {
          prepare(other);
          var halting =
              new FaultyFileOps((step, action) -> {
                if (step.number() == stop && done) {
                  action.run();
                }
                if (step.number() >= stop) {
                  throw new IOException("halted");
                }
                action.run();
              });
          assertThatThrownBy(() -> CompanionSeparation.separate(halting, aside, palace, scratch))
              .hasMessage("halted");
          assertThat(other.say("add later")).isEqualTo("done");
          CompanionSeparation.separate(FileOps.real(), aside, palace, scratch);
          assertThat(other.say("add last")).isEqualTo("done");
        }
        // Before SQLite looks: it would remove what lies there by mistake.
        assertThat(names(aside)).containsExactly("chroma.sqlite3", GRAPH, "replica.json");
        assertThat(facts(palace)).as("step %d", last).containsExactly("before", "later", "last");
        assertThat(facts(aside)).as("step %d", last).startsWith("before").doesNotContain("last");
        assertThat(aside.resolve("replica.json")).hasContent("{}");
        assertThat(scratch).doesNotExist();
      }
    }
  }

  private int steps(String mode) throws Exception {
    var counting = FaultyFileOps.counting();
    try (var other = PythonConnection.open(palace.resolve(GRAPH), mode)) {
      prepare(other);
      CompanionSeparation.separate(counting, aside, palace, scratch);
    }
    return counting.steps().size();
  }

  private void prepare(PythonConnection other) throws IOException {
    assertThat(other.say("add before")).isEqualTo("done");
    Files.writeString(palace.resolve("replica.json"), "{}");
    try (LinkedCompanions companions = link()) {
      companions.holdDatabases(CompanionDatabase.Fencing.none());
      exchange(true);
    }
  }

  @Test
  void aStaleLogOfTheBuildIsNoticed() throws Exception {
    try (var other = PythonConnection.open(palace.resolve(GRAPH), "WAL")) {
      assertThat(other.say("add before")).isEqualTo("done");
      try (LinkedCompanions companions = link()) {
        companions.holdDatabases(CompanionDatabase.Fencing.none());
      }
      assertThat(CompanionSeparation.isLinked(palace, build)).isTrue();
    }
    assertThat(facts(palace)).containsExactly("before");
    assertThat(names(palace)).doesNotContain(GRAPH + "-wal");
    assertThat(CompanionSeparation.isLinked(palace, build)).isFalse();
  }

  @Test
  void pipesAreNamedWhereverTheyAre() throws Exception {
    Path folder = Files.createDirectory(palace.resolve("run"));
    var made = new ArrayList<Integer>();
    for (Path pipe : List.of(palace.resolve("pipe"), folder.resolve("pipe"))) {
      made.add(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    }
    assertThat(made).containsExactly(0, 0);
    try (LinkedCompanions companions = link()) {
      assertThat(companions.notCarried()).containsExactly("pipe", "run/pipe");
    }
  }
}
