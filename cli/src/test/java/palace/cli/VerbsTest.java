package palace.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static palace.cli.CommandRun.palace;
import static palace.cli.CommandRun.palaceAsking;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import palace.common.chroma.ChromaDatabase;
import palace.common.files.TreeCopy;

/// Each verb's answer on a palace that real Chroma made: 279 drawers in six collections in the one
/// of 0.6.3, 258 in the one of 1.5.9, as their truths say.
final class VerbsTest {
  private static final String RUN = "20261121T034700Z-1a2b3c";

  @TempDir private Path temp;

  private String palaceOf(String release) throws IOException {
    return FrozenPalace.unpack(release, temp.resolve("palace")).toString();
  }

  @Test
  void globalOptionsStandBeforeOrAfterTheVerb() throws Exception {
    String path = palaceOf("0.6.3");

    for (List<String> line :
        List.of(
            List.of("--json", "--palace", path, "status"),
            List.of("status", "--json", "--palace", path),
            List.of("--palace", path, "status", "--json"),
            List.of("--json", "status", path))) {
      CommandRun run = palace(line.toArray(String[]::new));
      assertThat(run.exitCode()).isZero();
      assertThat(run.json().path("drawers").asInt()).isEqualTo(279);
      assertThat(run.err()).isEmpty();
    }
  }

  @Test
  void quietSaysNothingWhereNothingNeedsAttention() throws Exception {
    String path = palaceOf("0.6.3");

    assertThat(palace("status", "-q", path)).isEqualTo(new CommandRun(0, "", ""));
    assertThat(palace("doctor", "--quiet", path)).isEqualTo(new CommandRun(0, "", ""));
    Files.delete(anIndexFile("link_lists.bin"));
    assertThat(palace("doctor", "--quiet", path).out()).contains("index-file-missing");
  }

  @Test
  void statusNamesWhatLiesBesideThePalaceAndWhatARunLeft() throws Exception {
    String path = palaceOf("0.6.3");
    Path backup = Files.createDirectory(temp.resolve("palace.backup"));
    assertThat(palace("status", path).exitCode()).isZero();
    assertThat(palace("status", path).out()).contains("leftover of another tool: " + backup);

    Path build = Files.createDirectory(temp.resolve("palace.build-" + RUN));
    CommandRun run = palace("status", path);

    assertThat(run.exitCode()).isEqualTo(5);
    assertThat(run.out()).contains("leftover of a palace command: " + build, "palace recover ");
    JsonNode json = palace("status", "--json", path).json();
    assertThat(json.path("needsAttention").asBoolean()).isTrue();
    assertThat(json.path("leftovers")).hasSize(2);
  }

  @Test
  void statusNamesWhatAMigrationLeftInTheTemporaryFolder() throws Exception {
    String path = palaceOf("0.6.3");
    String systemFolder = System.getProperty("java.io.tmpdir");
    Path temporary = Files.createDirectory(temp.resolve("temporary"));
    Path build = temporary.toRealPath().resolve("mempalace_migrate_k3v_8x2a");
    TreeCopy.copy(Path.of(path), build);
    Files.setPosixFilePermissions(build, PosixFilePermissions.fromString("rwx------"));
    System.setProperty("java.io.tmpdir", temporary.toString());
    try {
      assertThat(palace("status", path).out()).contains("leftover of another tool: " + build);
    } finally {
      System.setProperty("java.io.tmpdir", systemFolder);
    }
    assertThat(palace("status", path).out()).doesNotContain("leftover");
  }

  @Test
  void statusCountsDrawersWithoutAVector() throws Exception {
    String path = palaceOf("0.6.3");
    deleteTree(anIndexFile("link_lists.bin").getParent());

    CommandRun run = palace("status", path);

    assertThat(run.exitCode()).isEqualTo(5);
    assertThat(run.out()).contains("missing", "without a vector: palace doctor " + path);
  }

  @Test
  void doctorSaysWhatThreatensAndWhatCures() throws Exception {
    String path = palaceOf("0.6.3");
    Files.delete(anIndexFile("link_lists.bin"));

    CommandRun run = palace("doctor", path);

    assertThat(run.exitCode()).isEqualTo(5);
    assertThat(run.out())
        .contains("chroma 0.5.6-0.6.3 palace, 6 collections, 279 drawers")
        .contains("index-file-missing", "fatal", "link_lists.bin is missing", "→ rebuild-index")
        .contains("next: palace repair " + path);
    JsonNode json = palace("doctor", "--json", path).json();
    assertThat(json.path("healthy").asBoolean()).isFalse();
    assertThat(json.path("findings").findValuesAsText("code")).contains("index-file-missing");
  }

  /// Programs rely on every name; OPERATING.md lists them.
  @Test
  void doctorsDocumentHasTheSameFieldsWhateverIsFound() throws Exception {
    String path = palaceOf("0.6.3");
    JsonNode healthy = palace("doctor", "--json", path).json();
    Files.delete(anIndexFile("link_lists.bin"));
    JsonNode damaged = palace("doctor", "--json", path).json();

    assertThat(names(healthy)).isEqualTo(names(damaged));
    assertThat(healthy.path("holder").isNull()).isTrue();
    assertThat(names(damaged))
        .containsExactlyInAnyOrder(
            "schemaVersion",
            "command",
            "version",
            "exitCode",
            "outcome",
            "palace",
            "schema",
            "healthy",
            "prediction",
            "holder",
            "findings",
            "checksNotRun",
            "collections",
            "digests",
            "next");
    assertThat(damaged.path("findings"))
        .isNotEmpty()
        .allSatisfy(finding ->
            assertThat(names(finding))
                .containsExactlyInAnyOrder(
                    "code",
                    "severity",
                    "sentence",
                    "threatens",
                    "prediction",
                    "collection",
                    "path",
                    "treatment",
                    "untreatable"));
    assertThat(names(damaged.path("prediction")))
        .containsExactlyInAnyOrder("chroma", "outcome", "certain", "sentence");
    assertThat(names(damaged.path("findings").get(0).path("treatment")))
        .containsExactlyInAnyOrder("code", "act", "cost");
    assertThat(names(damaged.path("collections").get(0)))
        .containsExactlyInAnyOrder(
            "name",
            "id",
            "space",
            "dimension",
            "drawers",
            "vectorsInIndex",
            "vectorsInQueue",
            "vectorsInQuarantine",
            "vectorsInFreePages",
            "missingVectors",
            "queueRows");
    assertThat(damaged.path("next").get(0).asText()).isEqualTo("palace repair " + path);
    assertThat(damaged.path("prediction").path("outcome").asText()).isEqualTo("failure");
    assertThat(damaged.path("prediction").path("sentence").asText())
        .startsWith("Chroma 1.5.9 fails");
  }

  @Test
  void vectorsInFreePagesAreCountedWhereverSourcesAre() throws Exception {
    String path = palaceOf("0.6.3");
    try (var database = ChromaDatabase.openForWriting(Path.of(path, "chroma.sqlite3"))) {
      database.execute("PRAGMA secure_delete=OFF");
      database.execute("DELETE FROM embeddings_queue");
    }

    JsonNode doctor = palace("doctor", "--json", path).json().path("collections");
    JsonNode status = palace("status", "--json", path).json().path("collections");
    JsonNode plan = palace("migrate", "--dry-run", "--json", path).json();

    long found = inFreePages(doctor);
    assertThat(found).isPositive();
    assertThat(inFreePages(status)).isEqualTo(found);
    assertThat(inFreePages(plan.path("plan").path("collections"))).isEqualTo(found);
    assertThat(palace("doctor", path).out())
        .contains("only free pages of the database hold", "what compacts the file destroys them");
    assertThat(palace("status", path).out()).contains(" in free pages");
  }

  private static long inFreePages(JsonNode collections) {
    long found = 0;
    for (JsonNode collection : collections) {
      long elsewhere =
          collection.path("vectorsInIndex").asLong()
              + collection.path("vectorsInQueue").asLong()
              + collection.path("vectorsInQuarantine").asLong()
              + collection.path("missingVectors").asLong();
      long inFreePages = collection.path("vectorsInFreePages").asLong();
      assertThat(inFreePages + elsewhere).isEqualTo(collection.path("drawers").asLong());
      found += inFreePages;
    }
    return found;
  }

  private static Set<String> names(JsonNode object) {
    var names = new TreeSet<String>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  @Test
  void digestsAreEqualBeforeAndAfterAMigration() throws Exception {
    String path = palaceOf("0.6.3");
    JsonNode before = palace("doctor", "--digest", "--json", path).json().path("digests");
    assertThat(before).hasSize(6);

    CommandRun run = palace("migrate", "--yes", "--json", path);

    assertThat(run.exitCode()).as(run.err()).isZero();
    JsonNode json = run.json();
    assertThat(json.path("outcome").asText()).isEqualTo("migrated");
    assertThat(json.path("lost")).isEmpty();
    assertThat(json.path("lost").isObject()).isTrue();
    assertThat(Path.of(json.path("snapshot").asText())).isDirectory();
    assertThat(json.path("undo").asText()).isNotEmpty();
    assertThat(palace("doctor", "--digest", "--json", path).json().path("digests"))
        .isEqualTo(before);
  }

  @Test
  void consentIsAskedForOnceThePlanIsShown() throws Exception {
    String path = palaceOf("0.6.3");

    CommandRun run = palaceAsking("y\n", "migrate", path);

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.err()).contains("plan: bring " + path, "279 drawers", "proceed? [y/N]");
    assertThat(run.out()).contains("6 collections, 279 drawers", "undo with: ");
    assertThat(palace("status", path).out()).contains("1.5.0-1.5.9");
  }

  @Test
  void migratingIntoATargetNeedsNoConsentAndLeavesTheSourceAlone() throws Exception {
    String path = palaceOf("0.6.3");
    var before = Fingerprint.of(Path.of(path));

    CommandRun run = palace("migrate", "--target", temp.resolve("new").toString(), path);

    assertThat(run.exitCode()).as(run.err()).isZero();
    before.assertUnchanged();
    assertThat(palace("status", temp.resolve("new").toString()).out()).contains("279 drawers");
  }

  @Test
  void ifNeededDoesNothingToAPalaceOfThatReleaseAndAsksNobody() throws Exception {
    String path = palaceOf("1.5.9");
    var before = Fingerprint.of(temp);

    CommandRun run = palace("migrate", "--if-needed", path);

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).startsWith("nothing to do: ");
    before.assertUnchanged();
  }

  @Test
  void aLinkStaysAndItsTargetIsSwapped() throws Exception {
    Path palace = Path.of(palaceOf("0.6.3"));
    Path link = Files.createSymbolicLink(temp.resolve("link"), Path.of("palace"));

    CommandRun run = palace("migrate", "--yes", link.toString());

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(link).isSymbolicLink();
    assertThat(palace).isDirectory();
    assertThat(palace("status", palace.toString()).out()).contains("1.5.0-1.5.9");
    Files.delete(link);
  }

  @Test
  void aHealthyPalaceIsNotRepaired() throws Exception {
    String path = palaceOf("1.5.9");
    var before = Fingerprint.of(temp);

    CommandRun run = palace("repair", path);

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains("nothing to do");
    JsonNode json = palace("repair", "--json", path).json();
    assertThat(json.path("outcome").asText()).isEqualTo("nothing-to-do");
    assertThat(json.path("lost").isObject()).isTrue();
    before.assertUnchanged();
  }

  @Test
  void aDamagedIndexIsRepairedAndThePlanShownFirst() throws Exception {
    String path = palaceOf("1.5.9");
    Files.delete(anIndexFile("link_lists.bin"));
    var before = Fingerprint.of(temp);

    CommandRun planned = palace("repair", "--dry-run", path);
    assertThat(planned.exitCode()).isZero();
    assertThat(planned.out()).contains("plan:", "write the index anew", "nothing was changed");
    CommandRun refused = palace("repair", path);
    assertThat(refused.exitCode()).isEqualTo(3);
    assertThat(refused.err()).contains("plan:", "no --yes; nothing was changed");
    before.assertUnchanged();

    CommandRun run = palace("repair", "--yes", path);
    assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
    assertThat(run.out()).contains("repaired: healthy", "undo with:");
    assertThat(palace("doctor", path).exitCode()).isZero();
  }

  @Test
  void vectorsThatAreNowhereAreNamedInTheDocument() throws Exception {
    String path = palaceOf("1.5.9");
    Path index = largestIndex();
    deleteTree(index);

    CommandRun run = palace("repair", "--yes", "--json", path);

    assertThat(run.exitCode()).as(run.err()).isEqualTo(5);
    JsonNode json = run.json();
    assertThat(json.path("outcome").asText()).isEqualTo("partly-repaired");
    // As break_palace.py says of dir_deleted_log_purged: 81 vectors lay in this index alone.
    assertThat(json.path("lost").path("mempalace_drawers").path("vectors")).hasSize(81);
    assertThat(Path.of(json.path("needsEmbedding").asText())).isNotEmptyFile();
  }

  private Path largestIndex() throws IOException {
    return indexFiles("data_level0.bin").stream()
        .max((a, b) -> Long.compare(a.toFile().length(), b.toFile().length()))
        .orElseThrow()
        .getParent();
  }

  private Path anIndexFile(String name) throws IOException {
    return indexFiles(name).stream()
        .max((a, b) -> Long.compare(a.toFile().length(), b.toFile().length()))
        .orElseThrow();
  }

  private List<Path> indexFiles(String name) throws IOException {
    try (Stream<Path> paths = Files.walk(temp.resolve("palace"))) {
      return paths.filter(path -> path.getFileName().toString().equals(name)).toList();
    }
  }

  private static void deleteTree(Path tree) throws IOException {
    try (Stream<Path> paths = Files.walk(tree)) {
      for (Path path : paths.toList().reversed()) {
        Files.delete(path);
      }
    }
  }
}
