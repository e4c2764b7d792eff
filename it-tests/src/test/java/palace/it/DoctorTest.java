package palace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.chroma.ChromaDatabase;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.Doctor;
import palace.common.doctor.Finding;
import palace.common.doctor.FullTextFinding;
import palace.common.doctor.Severity;

/// What the doctor says about sound palaces of every release, and about single changes to one.
class DoctorTest {
  @TempDir Path directory;

  static List<FrozenPalace> soundPalaces() throws IOException {
    return FrozenPalace.all().stream().filter(palace -> !palace.name().equals("0.4.0")).toList();
  }

  @ParameterizedTest
  @MethodSource("soundPalaces")
  void aSoundPalaceOfEveryReleaseIsHealthy(FrozenPalace frozen) throws IOException {
    Diagnosis diagnosis = examine(frozen);

    assertThat(diagnosis.damages()).isEmpty();
    assertThat(diagnosis.notRun()).isEmpty();
    assertThat(diagnosis.isHealthy()).isTrue();
    assertThat(diagnosis.collections()).hasSizeGreaterThan(4);
    assertThat(diagnosis.collections())
        .allSatisfy(summary ->
            assertThat(summary.drawers())
                .isEqualTo(summary.vectorsInIndex() + summary.vectorsInQueue()));
  }

  @Test
  void aPalaceOfTheVeryFirstReleaseIsRefusedByEveryLaterOne() throws IOException {
    assertThat(codes(examine(new FrozenPalace("0.4.0")))).containsExactly("migration-of-0.4.0");
  }

  @Test
  void textsOfDeletedDrawersThatOldReleasesLeaveAreANotice() throws IOException {
    Diagnosis diagnosis = examine(new FrozenPalace("0.4.14"));

    assertThat(diagnosis.findings()).containsExactly(new FullTextFinding.Leftovers(16));
    assertThat(diagnosis.findings().getFirst().severity()).isEqualTo(Severity.NOTICE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          id-not-uuid            | UPDATE collections SET id='no uuid' WHERE name='foreign_empty'
          segment-duplicate      | INSERT INTO segments SELECT '00000000-0000-4000-8000-000000000001', type, scope, collection FROM segments WHERE scope='METADATA' LIMIT 1
          segment-type-unknown   | UPDATE segments SET type='urn:chroma:segment/vector/spann' WHERE rowid=(SELECT min(rowid) FROM segments WHERE scope='VECTOR')
          table-missing          | DROP TABLE maintenance_log
          metadata-in-two-tables | INSERT INTO embedding_metadata_array(id, key, string_value) SELECT id, key, 'x' FROM embedding_metadata LIMIT 1
          orphan-array-metadata  | INSERT INTO embedding_metadata_array(id, key, string_value) VALUES (999999, 'k', 'x')
          sequence-type-wrong    | UPDATE max_seq_id SET seq_id=x'0000000000000001' WHERE rowid=(SELECT min(rowid) FROM max_seq_id)
          queue-config-broken    | UPDATE embeddings_queue_config SET config_json_str='{"automatically_purge":null}'
          full-text-differs      | UPDATE embedding_fulltext_search SET string_value='else' WHERE rowid=(SELECT min(rowid) FROM embedding_fulltext_search_content)
          configuration-broken   | UPDATE collections SET config_json_str='null' WHERE name='mempalace_drawers'
          metadata-two-types     | UPDATE embedding_metadata SET int_value=1 WHERE string_value IS NOT NULL AND key='chroma:document' AND id=(SELECT min(id) FROM embedding_metadata WHERE key='chroma:document')
          """)
  void oneWrongRowIsNamed(String code, String statement) throws IOException {
    Path palace = new FrozenPalace("1.5.9").unpack(directory);
    change(palace, statement);

    assertThat(codes(Doctor.examine(palace, Progress.SILENT))).contains(code);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          queue-topic-orphan    | INSERT INTO embeddings_queue(operation, topic, id) VALUES (3, 'persistent://default/default/nobody', 'x')
          orphan-catalogue-rows | INSERT INTO max_seq_id VALUES ('nobody', 3)
          metadata-empty-row    | INSERT INTO embedding_metadata(id, key) SELECT max(id), 'nothing' FROM embeddings
          orphan-embeddings     | INSERT INTO embeddings(segment_id, embedding_id, seq_id) VALUES ('nobody', 'x', 1)
          """)
  void whatHarmsNobodyIsANotice(String code, String statement) throws IOException {
    Path palace = new FrozenPalace("1.5.9").unpack(directory);
    change(palace, statement);

    Diagnosis diagnosis = Doctor.examine(palace, Progress.SILENT);

    assertThat(diagnosis.findings().stream().map(Finding::code)).contains(code);
    assertThat(diagnosis.isHealthy()).isTrue();
  }

  @Test
  void anIdIsNamedWithItsCollectionAndTheNumbersThatWereFound() throws IOException {
    Path palace = new FrozenPalace("1.5.9").unpack(directory);
    change(palace, "UPDATE collections SET dimension=17 WHERE name='mempalace_drawers'");

    Finding finding = Doctor.examine(palace, Progress.SILENT).damages().getFirst();

    assertThat(finding.collection()).contains("mempalace_drawers");
    assertThat(finding.sentence()).contains("17").contains("16");
  }

  @Test
  void aQuarantinedIndexWithoutSegmentIsAnOrphan() throws IOException {
    Path palace = new FrozenPalace("1.5.9").unpack(directory);
    Files.createDirectory(
        palace.resolve("00000000-0000-4000-8000-000000000001.drift-20260314-120000"));

    Diagnosis diagnosis = Doctor.examine(palace, Progress.SILENT);

    assertThat(diagnosis.findings().stream().map(Finding::code)).contains("orphan-directory");
    assertThat(diagnosis.isHealthy()).isTrue();
  }

  @Test
  void aCheckThatCannotBeMadeIsListedAndNeverCountsAsPassed() throws IOException {
    Path palace = new FrozenPalace("1.5.9").unpack(directory);
    change(palace, "ALTER TABLE embedding_metadata RENAME COLUMN float_value TO real_value");

    Diagnosis diagnosis = Doctor.examine(palace, Progress.SILENT);

    assertThat(diagnosis.notRun()).extracting("check").contains("types of metadata");
    assertThat(diagnosis.isHealthy()).isFalse();
  }

  @Test
  void aPathThatIsNoPalaceIsRefused() {
    assertThatThrownBy(() -> Doctor.examine(directory, Progress.SILENT))
        .isInstanceOf(PalaceException.Refused.class);
  }

  private Diagnosis examine(FrozenPalace frozen) throws IOException {
    return Doctor.examine(frozen.unpack(directory), Progress.SILENT);
  }

  private static List<String> codes(Diagnosis diagnosis) {
    return diagnosis.damages().stream().map(Finding::code).toList();
  }

  private static void change(Path palace, String statement) throws IOException {
    try (ChromaDatabase database =
        ChromaDatabase.openForWriting(palace.resolve("chroma.sqlite3"))) {
      database.execute(statement);
    }
  }
}
