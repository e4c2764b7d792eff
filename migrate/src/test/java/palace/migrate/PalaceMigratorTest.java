package palace.migrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import palace.common.ExitCode;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.ChromaRelease;
import palace.common.chroma.SourceDatabase;
import palace.common.files.Companions;
import palace.common.files.FileDigest;
import palace.common.files.Identity;
import palace.common.files.TreeDelete;
import palace.common.files.TreeDigest;
import palace.common.history.History;
import palace.common.snapshot.SnapshotEntry;
import palace.common.snapshot.SnapshotStore;
import palace.common.store.NeedsEmbedding;
import palace.common.swap.Seal;

final class PalaceMigratorTest {
  private static final String DRAWERS = "mempalace_drawers";

  @TempDir Path directory;

  private FrozenPalace frozen(String name) throws IOException {
    return FrozenPalace.unpack(name, directory);
  }

  private static MigrationRequest request(Path palace, String release) {
    return MigrationRequest.of(palace, ChromaRelease.parse(release).orElseThrow(), "0-test");
  }

  private static MigrationReport migrate(MigrationRequest request) throws IOException {
    return new PalaceMigrator(Progress.SILENT).migrate(request);
  }

  private Path elsewhere() {
    return directory.resolve("new");
  }

  private static ChromaDatabase database(Path palace) throws IOException {
    return ChromaDatabase.openReadOnly(palace.resolve("chroma.sqlite3"));
  }

  private static Map<String, String> documents(ChromaDatabase database, String collection)
      throws IOException {
    var documents = new HashMap<String, String>();
    database.each(
        """
        SELECT e.embedding_id, f.string_value FROM collections c
        JOIN databases d ON d.id = c.database_id AND d.name = 'default_database'
        JOIN segments s ON s.collection = c.id AND s.scope = 'METADATA'
        JOIN embeddings e ON e.segment_id = s.id
        LEFT JOIN embedding_fulltext_search f ON f.rowid = e.id WHERE c.name = ?\
        """,
        row -> documents.put(row.text(1), row.isNull(2) ? "-" : row.text(2)),
        collection);
    return documents;
  }

  private static Map<String, String> trueDocuments(JsonNode records) {
    var documents = new HashMap<String, String>();
    records
        .properties()
        .forEach(record -> {
          JsonNode document = record.getValue().path("document");
          documents.put(record.getKey(), document.isTextual() ? document.textValue() : "-");
        });
    return documents;
  }

  @ParameterizedTest
  @CsvSource({
    "0.4.0, 1.5.9",
    "0.4.3, 0.5.0",
    "0.4.14, 1.0.15",
    "0.5.5, 1.3.7",
    "0.6.3, 1.5.9",
    "1.0.15, 0.6.3",
    "1.4.1, 1.2.2",
    "1.5.9, 1.5.9",
    "1.5.9-scalar, 0.5.23"
  })
  void everyDrawerAndItsDocumentArriveAtTheLevelOfTheRelease(String from, String to)
      throws IOException {
    FrozenPalace source = frozen(from);

    MigrationReport report = migrate(request(source.palace(), to).into(elsewhere()));

    assertThat(report.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(report.lost()).isEmpty();
    try (ChromaDatabase database = database(elsewhere())) {
      assertThat(database.schema().level())
          .isEqualTo(ChromaRelease.parse(to).orElseThrow().level());
      source
          .truth()
          .required("collections")
          .fieldNames()
          .forEachRemaining(name -> {
            try {
              assertThat(documents(database, name)).isEqualTo(trueDocuments(source.records(name)));
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
  }

  @Test
  void everySegmentHasConsumedARowThatIsStillInTheQueue() throws IOException {
    migrate(request(frozen("0.5.23").palace(), "1.5.9").into(elsewhere()));

    try (ChromaDatabase database = database(elsewhere())) {
      assertThat(
              database.number(
                  """
                  SELECT count(*) FROM segments s JOIN embeddings_queue q
                  ON q.topic = 'persistent://default/default/' || s.collection
                  LEFT JOIN max_seq_id m ON m.segment_id = s.id
                  WHERE m.seq_id IS NOT q.seq_id\
                  """))
          .isZero();
      assertThat(database.number("SELECT count(*) FROM embeddings_queue")).isEqualTo(5);
      assertThat(database.number("SELECT count(*) FROM max_seq_id WHERE typeof(seq_id)<>'integer'"))
          .isZero();
    }
  }

  @Test
  void positionsAreBigEndianBlobsBefore10() throws IOException {
    migrate(request(frozen("1.0.15").palace(), "0.6.3").into(elsewhere()));

    try (ChromaDatabase database = database(elsewhere())) {
      String wrong = "SELECT count(*) FROM %s WHERE typeof(seq_id)<>'blob' OR length(seq_id)<>8";
      assertThat(database.number(wrong.formatted("max_seq_id"))).isZero();
      assertThat(database.number(wrong.formatted("embeddings"))).isZero();
      assertThat(
              database.list(
                  "SELECT hex(m.seq_id) FROM max_seq_id m JOIN segments s ON s.id = m.segment_id"
                      + " JOIN embeddings_queue q ON q.topic LIKE '%' || s.collection"
                      + " WHERE printf('%016X', q.seq_id) <> hex(m.seq_id)",
                  row -> row.text(1)))
          .isEmpty();
    }
  }

  @Test
  void theTrueSpaceStandsWhereverAReleaseLooks() throws IOException {
    migrate(request(frozen("0.6.3").palace(), "1.5.9").into(elsewhere()));

    try (ChromaDatabase database = database(elsewhere())) {
      assertThat(
              database.list(
                  "SELECT schema_str ->> '$.keys.#embedding.float_list.vector_index.config.space'"
                      + " FROM collections WHERE name = 'mempalace_drawers'",
                  row -> row.text(1)))
          .containsOnly("cosine");
      assertThat(database.number("SELECT count(*) FROM segment_metadata")).isZero();
    }
  }

  @Test
  void theSourceIsOnlyReadWhenTheTargetIsElsewhere() throws IOException {
    Path palace = frozen("1.5.9").palace();
    Map<String, FileDigest> before = TreeDigest.of(directory);

    MigrationReport report = migrate(request(palace, "1.5.9").into(elsewhere()));

    assertThat(TreeDigest.of(palace)).isEqualTo(digestsBelow(before, "palace/"));
    assertThat(namesIn(directory)).containsExactlyInAnyOrder("palace", "new");
    assertThat(report.outcome())
        .isEqualTo(
            new MigrationReport.Outcome.Migrated(
                elsewhere().toRealPath(), Optional.empty(), Optional.empty()));
    assertThat(Seal.read(elsewhere()).orElseThrow().verify(elsewhere())).isEmpty();
  }

  private static Map<String, FileDigest> digestsBelow(
      Map<String, FileDigest> digests, String prefix) {
    var below = new HashMap<String, FileDigest>();
    digests.forEach((name, digest) -> {
      if (name.startsWith(prefix)) {
        below.put(name.substring(prefix.length()), digest);
      }
    });
    return below;
  }

  private static List<String> namesIn(Path directory) throws IOException {
    try (var entries = Files.list(directory)) {
      return entries.map(entry -> entry.getFileName().toString()).toList();
    }
  }

  @Test
  void inPlaceThePreviousPalaceBecomesASnapshotAndTheRunIsRecorded() throws IOException {
    Path palace = frozen("0.6.3").palace();
    Map<String, FileDigest> before = TreeDigest.of(palace);

    MigrationReport report = migrate(request(palace, "1.5.9"));

    Path ops = directory.resolve("palace.ops");
    assertThat(namesIn(directory)).containsExactlyInAnyOrder("palace", "palace.ops");
    SnapshotEntry snapshot = SnapshotStore.in(ops).list().getFirst();
    Path previous = snapshot.directory().resolve("palace");
    assertThat(withoutDatabases(TreeDigest.of(previous))).isEqualTo(withoutDatabases(before));
    assertThat(entities(previous)).isEqualTo(entities(palace)).hasSize(40);
    assertThat(History.in(ops).read().entries())
        .singleElement()
        .satisfies(entry -> assertThat(entry.run()).isEqualTo(report.run()));
    try (ChromaDatabase database = database(palace)) {
      assertThat(database.schema().level()).isEqualTo(ChromaRelease.NEWEST.level());
    }
  }

  private static Map<String, FileDigest> withoutDatabases(Map<String, FileDigest> digests) {
    var others = new TreeMap<>(digests);
    others.keySet().removeIf(Companions::livesOn);
    return others;
  }

  private static List<String> entities(Path palace) throws IOException {
    try (var graph = SourceDatabase.open(palace.resolve("knowledge_graph.sqlite3"))) {
      return graph.database().list("SELECT id || name FROM entities", row -> row.text(1));
    }
  }

  @Test
  void theReportSaysHowToUndo() throws Exception {
    Path palace = frozen("0.6.3").palace();

    MigrationReport report = migrate(request(palace, "1.5.9"));

    assertThat(((MigrationReport.Outcome.Migrated) report.outcome()).undo())
        .hasValue("palace restore " + report.run() + " --palace " + palace.toRealPath());
  }

  @Test
  void theKnowledgeGraphOfTheLivePalaceIsTheVeryFile() throws IOException {
    Path palace = frozen("0.6.3").palace();
    Path graph = palace.resolve("knowledge_graph.sqlite3");
    var before = Identity.of(graph);
    var log = Identity.of(palace.resolve("knowledge_graph.sqlite3-wal"));

    migrate(request(palace, "1.5.9"));

    assertThat(Identity.of(graph)).isEqualTo(before);
    assertThat(Identity.of(palace.resolve("knowledge_graph.sqlite3-wal"))).isEqualTo(log);
  }

  @Test
  void companionsTravelByteForByteWithTheirLogs() throws IOException {
    Path palace = frozen("1.5.9").palace();
    Map<String, FileDigest> before = TreeDigest.of(palace);

    migrate(request(palace, "1.5.9").into(elsewhere()));

    Map<String, FileDigest> after = TreeDigest.of(elsewhere());
    for (String name :
        List.of(
            "knowledge_graph.sqlite3",
            "knowledge_graph.sqlite3-wal",
            ".mempalace/origin.json",
            "mempalace_embedder.json")) {
      assertThat(after.get(name)).as(name).isEqualTo(before.get(name)).isNotNull();
    }
  }

  @Test
  void aDryRunWritesNothing() throws IOException {
    Path palace = frozen("0.6.3").palace();
    Map<String, FileDigest> before = TreeDigest.of(directory);
    MigrationRequest usual = request(palace, "1.5.9");

    MigrationReport report =
        migrate(
            new MigrationRequest(
                palace,
                usual.release(),
                Optional.empty(),
                true,
                false,
                false,
                1000,
                usual.patience(),
                "0-test"));

    assertThat(report.outcome()).isEqualTo(new MigrationReport.Outcome.Planned());
    assertThat(report.plan().drawers()).isPositive();
    assertThat(TreeDigest.of(directory)).isEqualTo(before);
    assertThat(namesIn(directory)).containsExactly("palace");
  }

  @Test
  void ifNeededLeavesAPalaceOfTheLevelAloneAndMigratesAnother() throws IOException {
    Path palace = frozen("1.5.9").palace();

    assertThat(migrate(ifNeeded(palace, "1.5.0")).outcome())
        .isInstanceOf(MigrationReport.Outcome.NothingToDo.class);
    assertThat(namesIn(directory)).containsExactly("palace");

    try (ChromaDatabase database =
        ChromaDatabase.openForWriting(palace.resolve("chroma.sqlite3"))) {
      database.execute("UPDATE migrations SET sql = sql || ' ' WHERE dir='metadb' AND version=3");
    }
    assertThat(migrate(ifNeeded(palace, "1.5.0")).outcome())
        .isInstanceOf(MigrationReport.Outcome.Migrated.class);
  }

  private static MigrationRequest ifNeeded(Path palace, String release) {
    MigrationRequest usual = request(palace, release);
    return new MigrationRequest(
        palace,
        usual.release(),
        Optional.empty(),
        false,
        true,
        false,
        1000,
        usual.patience(),
        "0-test");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE embedding_metadata SET string_value='abc'||x'ff' WHERE rowid=(SELECT max(rowid) FROM embedding_metadata WHERE key='wing')",
        "UPDATE embeddings_queue SET metadata=replace(metadata,substr(metadata,-4,1),x'ff') WHERE seq_id=(SELECT max(seq_id) FROM embeddings_queue WHERE metadata IS NOT NULL)"
      })
  void aTextThatNoChromaCanReadIsRefused(String statement) throws IOException {
    FrozenPalace source = frozen("0.6.3");
    try (ChromaDatabase database =
        ChromaDatabase.openForWriting(source.palace().resolve("chroma.sqlite3"))) {
      database.execute(statement);
    }
    Map<String, FileDigest> before = TreeDigest.of(source.palace());

    assertThatThrownBy(() -> migrate(request(source.palace(), "1.5.9")))
        .isInstanceOf(PalaceException.Refused.class)
        .hasMessageContaining("no UTF-8");
    assertThat(TreeDigest.of(source.palace())).isEqualTo(before);
  }

  /// Who reads collection by collection would not meet them.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE embeddings SET segment_id='nowhere' WHERE id%3=0 AND segment_id=(SELECT segment_id FROM embeddings WHERE id=1)",
        "UPDATE embeddings_queue SET topic='nowhere' WHERE topic=(SELECT max(topic) FROM embeddings_queue)",
        "DELETE FROM collections WHERE name='mempalace_drawers'"
      })
  void drawersAndWritesThatNameAnotherCollectionAreNotLeftBehind(String statement)
      throws IOException {
    FrozenPalace source = frozen("0.6.3");
    try (ChromaDatabase database =
        ChromaDatabase.openForWriting(source.palace().resolve("chroma.sqlite3"))) {
      database.execute(statement);
    }
    Map<String, FileDigest> before = TreeDigest.of(source.palace());

    assertThatThrownBy(() -> migrate(request(source.palace(), "1.5.9")))
        .isInstanceOfSatisfying(
            PalaceException.Refused.class,
            refused -> assertThat(refused.hint()).contains("palace repair, then migrate"));
    assertThat(TreeDigest.of(source.palace())).isEqualTo(before);
  }

  @Test
  void listsAreRefusedBefore15WithTheDrawersNamed() throws IOException {
    FrozenPalace source = frozen("1.5.9");
    Map<String, FileDigest> before = TreeDigest.of(source.palace());

    assertThatThrownBy(() -> migrate(request(source.palace(), "1.4.1")))
        .isInstanceOf(PalaceException.Refused.class)
        .hasMessageContaining("which " + holdersOfLists(source.truth()) + " drawers have")
        .hasMessageContaining("mempalace_drawers/showcase-types")
        .hasMessageContaining("nothing was changed");
    assertThat(TreeDigest.of(source.palace())).isEqualTo(before);
    assertThat(namesIn(directory)).containsExactly("palace");
  }

  /// Records lie below `collections` and, for other databases, below `databases`.
  private static long holdersOfLists(JsonNode truth) {
    return truth.findValues("records").stream()
        .flatMap(records -> records.properties().stream())
        .filter(record ->
            record.getValue().path("metadata").properties().stream()
                .anyMatch(value -> value.getValue().isArray()))
        .count();
  }

  @Test
  void whatAReleaseCannotShowIsNamedInReportAndSeal() throws IOException {
    Path palace = frozen("1.0.15").palace();

    MigrationReport report = migrate(request(palace, "0.5.0").into(elsewhere()));

    assertThat(report.notCarried())
        .anyMatch(text -> text.contains(DRAWERS) && text.contains("embedding function"))
        .anyMatch(text -> text.contains("foreign_l2") && text.contains("flag"));
    assertThat(Seal.read(elsewhere()).orElseThrow().notCarried()).isEqualTo(report.notCarried());
  }

  @Test
  void drawersWithoutAVectorAreKeptAsideAndListed() throws IOException {
    FrozenPalace source = frozen("1.5.9");
    deleteIndexOf(source.palace(), DRAWERS);

    MigrationReport report = migrate(request(source.palace(), "1.5.9").into(elsewhere()));

    List<String> lost = report.lost().get(DRAWERS).get("vectors");
    List<String> kept = Files.readAllLines(elsewhere().resolve(NeedsEmbedding.NAME));
    assertThat(report.exitCode()).isEqualTo(ExitCode.PROBLEMS_FOUND);
    assertThat(lost).hasSize(81);
    assertThat(kept).hasSize(81).allMatch(line -> line.contains("\"document\":"));
    try (ChromaDatabase database = database(elsewhere())) {
      assertThat(documents(database, DRAWERS))
          .hasSize(source.records(DRAWERS).size() - 81)
          .doesNotContainKeys(lost.toArray(String[]::new));
    }
  }

  private static void deleteIndexOf(Path palace, String collection) throws IOException {
    try (ChromaDatabase database = database(palace)) {
      String segment =
          database
              .first(
                  "SELECT s.id FROM segments s JOIN collections c ON c.id = s.collection"
                      + " WHERE s.scope = 'VECTOR' AND c.name = ?",
                  row -> row.text(1),
                  collection)
              .orElseThrow();
      TreeDelete.delete(palace.resolve(segment));
    }
  }

  @Test
  void aCollectionWithoutItsMetadataSegmentRowKeepsItsDrawers() throws IOException {
    FrozenPalace source = frozen("1.5.9");
    try (ChromaDatabase database =
        ChromaDatabase.openForWriting(source.palace().resolve("chroma.sqlite3"))) {
      database.execute(
          "DELETE FROM segments WHERE scope='METADATA' AND collection ="
              + " (SELECT id FROM collections WHERE name='mempalace_drawers')");
    }

    migrate(request(source.palace(), "1.5.9").into(elsewhere()));

    try (ChromaDatabase database = database(elsewhere())) {
      assertThat(documents(database, DRAWERS)).isEqualTo(trueDocuments(source.records(DRAWERS)));
    }
  }

  /// Does something when a piece of work begins.
  private static Progress at(String task, Work work) {
    return (started, total, unit) -> {
      if (started.startsWith(task)) {
        try {
          work.run();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
      return done -> {};
    };
  }

  @FunctionalInterface
  private interface Work {
    void run() throws IOException;
  }

  @ParameterizedTest
  @ValueSource(strings = {"copying", "linking", "comparing"})
  void aFailureAtAnyStageLeavesThePalaceAndNoBuild(String stage) throws IOException {
    Path palace = frozen("0.6.3").palace();
    Map<String, FileDigest> before = TreeDigest.of(palace);
    Progress failing =
        at(
            stage,
            () -> {
              throw new IOException("no space left");
            });

    assertThatThrownBy(() -> new PalaceMigrator(failing).migrate(request(palace, "1.5.9")))
        .hasStackTraceContaining("no space left");

    assertThat(TreeDigest.of(palace)).isEqualTo(before);
    assertThat(namesIn(directory)).noneMatch(name -> name.contains(".build-"));
  }

  @Test
  void aSourceThatChangedMeanwhileIsNotReplaced() throws IOException {
    Path palace = frozen("0.6.3").palace();
    Path companion = palace.resolve("mempalace_embedder.json");
    Progress writing = at("comparing", () -> Files.writeString(companion, "{}"));

    assertThatThrownBy(() -> new PalaceMigrator(writing).migrate(request(palace, "1.5.9")))
        .isInstanceOf(PalaceException.Failed.class)
        .hasMessageContaining("changed while it was being migrated")
        .hasMessageContaining("mempalace_embedder.json")
        .hasMessageContaining("nothing was changed");

    assertThat(companion).hasContent("{}");
    assertThat(History.in(directory.resolve("palace.ops")).read().entries())
        .singleElement()
        .satisfies(entry -> assertThat(entry.outcome()).isEqualTo("failed"));
    assertThat(namesIn(directory)).noneMatch(name -> name.contains(".build-"));
  }

  @Test
  void aBuildThatDiffersIsNotPutInPlace() throws IOException {
    Path palace = frozen("0.6.3").palace();
    Map<String, FileDigest> before = TreeDigest.of(palace);
    Progress tampering =
        at(
            "comparing",
            () -> {
              String build =
                  namesIn(directory).stream()
                      .filter(name -> name.contains(".build-"))
                      .findFirst()
                      .orElseThrow();
              Path file = directory.resolve(build).resolve("chroma.sqlite3");
              TreeDelete.delete(file.resolveSibling("mempalace_embedder.json"));
              flipVectors(directory.resolve(build));
            });

    assertThatThrownBy(() -> new PalaceMigrator(tampering).migrate(request(palace, "1.5.9")))
        .isInstanceOf(PalaceException.Failed.class)
        .hasMessageContaining("not equal");
    assertThat(TreeDigest.of(palace)).isEqualTo(before);
  }

  private static void flipVectors(Path build) throws IOException {
    try (var files = Files.walk(build)) {
      for (Path file : files.filter(path -> path.endsWith("data_level0.bin")).toList()) {
        try (var channel =
            java.nio.channels.FileChannel.open(file, java.nio.file.StandardOpenOption.WRITE)) {
          channel.write(java.nio.ByteBuffer.wrap(new byte[] {0x3d}), 135);
        }
      }
    }
  }

  @Test
  void aPalaceThatAnotherProcessHasOpenIsBusyAndTheProcessIsNamed() throws Exception {
    Path palace = frozen("0.6.3").palace();
    Process holder =
        new ProcessBuilder(
                "sh",
                "-c",
                "exec 3<\"$0\"; echo ready; exec sleep 60",
                palace.resolve("chroma.sqlite3").toString())
            .start();
    try {
      assertThat(holder.inputReader().readLine()).isEqualTo("ready");
      assertThatThrownBy(() -> migrate(request(palace, "1.5.9")))
          .isInstanceOf(PalaceException.Busy.class)
          .hasMessageContaining("process " + holder.pid())
          .hasMessageContaining("sleep 60");
    } finally {
      holder.destroy();
      assertThat(holder.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  /// A database in WAL mode, with a change that is in its log alone.
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aWriterWithALogIsNeverOverriddenAndWhatItWroteArrives(boolean force) throws Exception {
    Path palace = frozen("0.6.3").palace();
    Process writer =
        new ProcessBuilder(
                "python3",
                "-uc",
                """
                import sqlite3, sys
                c = sqlite3.connect(sys.argv[1])
                c.execute("PRAGMA journal_mode=WAL")
                c.execute("PRAGMA wal_autocheckpoint=0")
                c.execute("UPDATE embedding_metadata SET string_value = 'from the log' WHERE rowid ="
                          " (SELECT min(rowid) FROM embedding_metadata WHERE key = 'chroma:document')")
                c.commit()
                print("ready")
                sys.stdin.readline()
                """,
                palace.resolve("chroma.sqlite3").toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    MigrationRequest usual = request(palace, "1.5.9");
    var asked =
        new MigrationRequest(
            palace,
            usual.release(),
            Optional.empty(),
            false,
            false,
            false,
            1000,
            usual.patience(),
            force,
            "0-test");
    try {
      assertThat(writer.inputReader().readLine()).isEqualTo("ready");
      Map<String, FileDigest> before = TreeDigest.of(palace);

      assertThatThrownBy(() -> migrate(asked))
          .isInstanceOf(PalaceException.Busy.class)
          .hasMessageContaining("process " + writer.pid());

      assertThat(TreeDigest.of(palace)).isEqualTo(before);
      assertThat(before.keySet()).contains("chroma.sqlite3-wal");
    } finally {
      // Killed, so that nobody merges the log.
      writer.destroyForcibly();
      assertThat(writer.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }

    migrate(asked);

    try (ChromaDatabase database = database(palace)) {
      assertThat(
              database.number(
                  "SELECT count(*) FROM embedding_metadata"
                      + " WHERE string_value = 'from the log'"))
          .isEqualTo(1);
    }
  }

  @Test
  void aTargetThatExistsIsRefused() throws IOException {
    Path palace = frozen("0.6.3").palace();
    Files.createDirectory(elsewhere());

    assertThatThrownBy(() -> migrate(request(palace, "1.5.9").into(elsewhere())))
        .isInstanceOf(PalaceException.Refused.class)
        .hasMessageContaining("exists already");
  }
}
