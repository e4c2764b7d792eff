package palace.repair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import palace.common.Progress;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.DirectoryFinding;
import palace.common.doctor.Doctor;
import palace.common.doctor.Finding;
import palace.common.files.TreeCopy;
import palace.common.files.TreeDelete;
import palace.common.files.TreeDigest;

/// What a killed `mempalace migrate` left in the temporary folder gives vectors to the palace that
/// it was made from, and to no other, and nothing but vectors.
class MigrationBuildsTest {
  private static final String SYSTEM_FOLDER = "java.io.tmpdir";

  @TempDir private Path folder;

  private String systemFolder;
  private Path temporary;
  private SamplePalace palace;

  @BeforeEach
  void makeTemporaryFolder() throws IOException {
    systemFolder = System.getProperty(SYSTEM_FOLDER);
    temporary = Files.createDirectory(folder.resolve("temporary"));
    System.setProperty(SYSTEM_FOLDER, temporary.toString());
    palace = SamplePalace.in(folder);
  }

  @AfterEach
  void leaveTemporaryFolder() {
    System.setProperty(SYSTEM_FOLDER, systemFolder);
  }

  private Diagnosis examine() throws IOException {
    return Doctor.examine(palace.directory(), Progress.SILENT);
  }

  private List<String> codes() throws IOException {
    return examine().findings().stream().map(Finding::code).toList();
  }

  private RepairReport repair() throws IOException {
    return RepairTest.report(
        new Repair(Progress.SILENT).run(RepairRequest.of(palace.directory(), "test")));
  }

  /// The drawers of all collections in one, as MemPalace does it.
  private SamplePalace build() throws IOException {
    Path build = temporary.resolve("mempalace_migrate_k3v_8x2a");
    TreeCopy.copy(palace.directory(), build);
    Files.setPosixFilePermissions(build, PosixFilePermissions.fromString("rwx------"));
    var made = new SamplePalace(build);
    made.uniteCollections();
    return made;
  }

  /// What is left are the vectors of 21 drawers, in the queue.
  private void loseVectors() throws IOException {
    TreeDelete.delete(palace.index());
    palace.sql(
        "DELETE FROM embeddings_queue WHERE topic LIKE '%' || (SELECT id FROM collections WHERE name = '"
            + SamplePalace.CLOSETS
            + "')",
        "VACUUM");
  }

  @Test
  void itsVectorsComeBackBitForBit() throws IOException {
    var before = palace.contents();
    SamplePalace build = build();
    var kept = TreeDigest.of(build.directory());
    loseVectors();

    Diagnosis diagnosis = examine();
    assertThat(diagnosis.findings())
        .contains(new DirectoryFinding.MigrationLeft(build.directory().toRealPath(), 68));
    assertThat(repair().lost()).isEmpty();

    assertThat(palace.contents()).isEqualTo(before);
    assertThat(TreeDigest.of(build.directory())).isEqualTo(kept);
  }

  @Test
  void aDrawerThatWasDeletedSinceStaysDeleted() throws IOException {
    build();
    String some = "(SELECT id FROM embeddings ORDER BY id LIMIT 5)";
    palace.sql(
        "DELETE FROM embedding_metadata WHERE id IN " + some,
        "DELETE FROM embedding_fulltext_search WHERE rowid IN " + some,
        "DELETE FROM embeddings WHERE id IN " + some);
    new Repair(Progress.SILENT)
        .run(RepairRequest.of(palace.directory(), "test").withRebuiltIndex(true));
    TreeDelete.delete(folder.resolve("palace.ops"));
    var fewer = palace.contents();
    TreeDelete.delete(palace.index());

    assertThat(repair().lost()).isEmpty();

    assertThat(palace.contents()).isEqualTo(fewer);
    assertThat(codes()).containsOnlyOnce("migration-left").doesNotContain("interrupted-repair");
  }

  /// A directory of that name which is not to be believed.
  enum Doubtful {
    OF_ANOTHER_PALACE,
    OF_ANOTHER_USER,
    OPEN_TO_OTHERS,
    LINK,
    DATABASE_IS_LINK,
    GARBAGE
  }

  @ParameterizedTest
  @EnumSource
  void whatMayBeAnybodysIsIgnored(Doubtful doubtful) throws IOException {
    SamplePalace build = build();
    switch (doubtful) {
      case OF_ANOTHER_PALACE -> {
        build.sql("UPDATE embeddings SET embedding_id = 'other' || id WHERE id % 3 < 2");
        build.sql("DELETE FROM embeddings_queue");
      }
      case OF_ANOTHER_USER -> {
        assumeTrue(
            System.getProperty("user.name").equals("root"), "only root can give a directory away");
        Files.setAttribute(build.directory(), "unix:uid", 12345);
      }
      case OPEN_TO_OTHERS ->
          Files.setPosixFilePermissions(
              build.directory(), PosixFilePermissions.fromString("rwxrwxrwx"));
      case LINK -> {
        Path elsewhere = Files.move(build.directory(), folder.resolve("elsewhere"));
        Files.createSymbolicLink(build.directory(), elsewhere);
      }
      case DATABASE_IS_LINK -> {
        Path elsewhere = Files.move(build.database(), folder.resolve("elsewhere"));
        Files.createSymbolicLink(build.database(), elsewhere);
      }
      case GARBAGE -> Files.writeString(build.database(), "SQLite format 3\0 and then nothing");
    }
    loseVectors();

    assertThat(codes()).doesNotContain("migration-left", "vectors-elsewhere");
    assertThat(repair().lost()).containsOnlyKeys(SamplePalace.DRAWERS, SamplePalace.CLOSETS);
  }

  @Test
  void vectorsOfAnotherModelAreRefused() throws IOException {
    SamplePalace build = build();
    build.sql(
        "UPDATE embeddings_queue SET vector = (SELECT q.vector FROM embeddings_queue q WHERE q.seq_id = 108 - embeddings_queue.seq_id)");
    loseVectors();

    assertThat(codes()).contains("migration-left").doesNotContain("vectors-elsewhere");
    assertThat(repair().lost()).containsOnlyKeys(SamplePalace.DRAWERS, SamplePalace.CLOSETS);
  }

  @Test
  void withoutAVectorToCompareNothingIsTaken() throws IOException {
    build();
    loseVectors();
    palace.sql("DELETE FROM embeddings_queue", "VACUUM");

    assertThat(codes()).contains("migration-left").doesNotContain("vectors-elsewhere");
    assertThat(repair().lost()).containsOnlyKeys(SamplePalace.DRAWERS, SamplePalace.CLOSETS);
  }
}
