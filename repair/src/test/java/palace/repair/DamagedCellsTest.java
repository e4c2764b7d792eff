package palace.repair;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import palace.common.Progress;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.Doctor;
import palace.common.doctor.Finding;

/// Single cells that are not what their column holds, in a database that is sound as a file.
class DamagedCellsTest {
  private static final String DRAWERS =
      "(SELECT id FROM collections WHERE name='mempalace_drawers')";

  @TempDir Path folder;

  private static RepairReport repair(SamplePalace palace) throws IOException {
    Outcome outcome = new Repair(Progress.SILENT).run(RepairRequest.of(palace.directory(), "test"));
    return RepairTest.report(outcome);
  }

  private static Diagnosis examine(SamplePalace palace) throws IOException {
    return Doctor.examine(palace.directory(), Progress.SILENT);
  }

  private static List<String> codes(SamplePalace palace) throws IOException {
    return examine(palace).damages().stream().map(Finding::code).toList();
  }

  @ParameterizedTest
  @CsvSource({
    "collections, id",
    "collections, name",
    "collections, config_json_str",
    "collections, database_id",
    "collection_metadata, collection_id",
    "collection_metadata, key",
    "collection_metadata, str_value",
    "databases, id",
    "databases, name",
    "databases, tenant_id",
    "tenants, id",
    "segments, id",
    "segments, scope",
    "segments, collection",
    "max_seq_id, segment_id",
    "embeddings, segment_id",
    "embeddings, embedding_id",
    "embedding_metadata, key",
    "embedding_metadata, string_value",
    "embeddings_queue, topic",
    "embeddings_queue, id",
    "embeddings_queue, encoding",
    "embeddings_queue, metadata",
    "embeddings_queue_config, config_json_str",
    "migrations, dir",
    "migrations, sql"
  })
  void aTextThatIsStoredAsABlobBecomesATextAgain(String table, String column) throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    String rows = palace.rows();
    palace.sql("UPDATE %1$s SET %2$s=CAST(%2$s AS BLOB)".formatted(table, column));
    assertThat(codes(palace)).contains("text-not-utf8");

    RepairReport report = repair(palace);

    assertThat(report.lost()).isEmpty();
    assertThat(palace.rows()).isEqualTo(rows);
    assertThat(examine(palace).isHealthy()).isTrue();
  }

  /// Chroma did not find the drawer, and added it again.
  @Test
  void ofTwoRowsThatGetTheSameIdTheNewerStays() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    String first = "(SELECT min(id) FROM embeddings)";
    List<String> ids = palace.texts("SELECT embedding_id FROM embeddings ORDER BY 1");
    palace.sql(
        "UPDATE embeddings SET embedding_id=CAST(embedding_id AS BLOB) WHERE id=" + first,
        "INSERT INTO embeddings(segment_id, embedding_id, seq_id) SELECT segment_id, CAST(embedding_id AS TEXT), seq_id FROM embeddings WHERE id="
            + first);

    repair(palace);

    assertThat(palace.texts("SELECT embedding_id FROM embeddings ORDER BY 1")).isEqualTo(ids);
    assertThat(examine(palace).isHealthy()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE databases SET tenant_id='nobody'",
        "UPDATE databases SET tenant_id='second' WHERE name='default_database'",
        "UPDATE databases SET name='default_databasf' WHERE name='default_database'",
        "UPDATE databases SET id='Z' WHERE name='default_database'",
        "UPDATE databases SET id='Z' WHERE name='archive'",
        "UPDATE databases SET id=NULL WHERE name='archive'",
        "UPDATE databases SET id='10000000-0000-4000-8000-000000000001' WHERE name='archive'",
        "UPDATE collections SET database_id='nowhere' WHERE name='mempalace_drawers'",
        "UPDATE collections SET database_id='nowhere' WHERE name='mempalace_closets'",
        "INSERT INTO tenants(id) SELECT NULL FROM databases WHERE 0; UPDATE tenants SET id='nobody' WHERE id='default_tenant'"
      })
  void databasesAreTiedToTheirTenantAndCollectionsAgain(String damage) throws IOException {
    SamplePalace palace = withTwoDatabases();
    String rows = palace.rows();
    palace.sql(damage.split("; "));
    assertThat(codes(palace)).isNotEmpty();

    RepairReport report = repair(palace);

    assertThat(report.lost()).isEmpty();
    assertThat(palace.rows().replace("'nobody'\n", "")).isEqualTo(rows);
    assertThat(examine(palace).isHealthy()).isTrue();
  }

  private SamplePalace withTwoDatabases() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    palace.sql(
        "INSERT INTO tenants(id) VALUES ('second')",
        "INSERT INTO databases(id, name, tenant_id) VALUES ('7a000000-0000-4000-8000-000000000001', 'archive', 'second')",
        "UPDATE collections SET database_id='7a000000-0000-4000-8000-000000000001' WHERE name='mempalace_closets'");
    assertThat(codes(palace)).isEmpty();
    return palace;
  }

  @Test
  void aDatabaseIdThatIsNoneGoesWithItsCollections() throws IOException {
    SamplePalace palace = withTwoDatabases();
    palace.sql(
        "UPDATE databases SET id='Z' WHERE name='archive'",
        "UPDATE collections SET database_id='Z' WHERE name='mempalace_closets'");

    repair(palace);

    assertThat(
            palace.texts(
                "SELECT c.name FROM collections c JOIN databases d ON d.id = c.database_id WHERE d.name='archive'"))
        .containsExactly("mempalace_closets");
    assertThat(examine(palace).isHealthy()).isTrue();
  }

  @Test
  void aCollectionThatComesBackBesideItsNamesakeIsNamedApart() throws IOException {
    SamplePalace palace = withTwoDatabases();
    palace.sql(
        "UPDATE collections SET name='mempalace_drawers', database_id='nowhere' WHERE name='mempalace_closets'",
        "DELETE FROM databases WHERE name='archive'",
        "DELETE FROM tenants WHERE id='second'");

    repair(palace);

    assertThat(palace.texts("SELECT name FROM collections ORDER BY 1"))
        .containsExactly("mempalace_drawers", "mempalace_drawers-recovered");
    assertThat(examine(palace).isHealthy()).isTrue();
  }

  @Test
  void aTextBesideANumberThatIsNoneStays() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    String documents =
        "SELECT id || string_value FROM embedding_metadata WHERE key='chroma:document' ORDER BY id";
    List<String> before = palace.texts(documents);
    palace.sql("UPDATE embedding_metadata SET int_value='abc' WHERE key='chroma:document'");

    RepairReport report = repair(palace);

    assertThat(palace.texts(documents)).isEqualTo(before);
    assertThat(report.lost()).isEmpty();
    assertThat(examine(palace).damages()).isEmpty();
  }

  @Test
  void databasesAndTenantsThatNothingRefersToAreSound() throws IOException {
    SamplePalace palace = withTwoDatabases();
    palace.sql(
        "INSERT INTO tenants(id) VALUES ('third')",
        "INSERT INTO databases(id, name, tenant_id) VALUES ('7a000000-0000-4000-8000-000000000002', 'empty', 'second')");

    assertThat(examine(palace).isHealthy()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE embeddings_queue SET encoding='FLOAT99'",
        "UPDATE embeddings_queue SET encoding=NULL",
        "UPDATE embeddings_queue SET operation=x'30'",
        "UPDATE embeddings_queue SET created_at='abc'",
        "UPDATE embeddings_queue SET created_at='9999-01-01 00:00:00'",
        "UPDATE embeddings_queue SET vector=CAST(vector AS TEXT)"
      })
  void aVectorInTheQueueSurvivesWhatStandsBesideIt(String damage) throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    var contents = palace.contents();
    palace.sql(damage);
    assertThat(codes(palace)).isNotEmpty();

    RepairReport report = repair(palace);

    assertThat(report.lost()).isEmpty();
    assertThat(palace.contents()).isEqualTo(contents);
    assertThat(
            palace.number(
                "SELECT count(*) FROM embeddings_queue WHERE vector IS NOT NULL AND encoding IS NOT 'FLOAT32'"))
        .isZero();
    assertThat(examine(palace).isHealthy()).isTrue();
  }

  /// Chroma reads the encoding of rows that have no vector, too.
  @Test
  void anEncodingThatNoChromaKnowsIsFoundWithoutAVector() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    palace.sql(
        "INSERT INTO embeddings_queue(operation, topic, id, encoding) SELECT 3, 'persistent://default/default/'||"
            + DRAWERS
            + ", 'nobody', 'FLOAT99'");
    assertThat(codes(palace)).contains("queue-row-unappliable");

    repair(palace);

    assertThat(palace.number("SELECT count(*) FROM embeddings_queue WHERE encoding='FLOAT99'"))
        .isZero();
    assertThat(examine(palace).isHealthy()).isTrue();
  }

  /// As after a flipped bit of an exponent.
  @Test
  void aVectorThatIsTooLongForAFloatIsNone() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    palace.sql(
        "UPDATE embeddings_queue SET vector=x'0000007f'||substr(vector,5) WHERE seq_id=(SELECT max(seq_id) FROM embeddings_queue)",
        "UPDATE embeddings_queue SET vector=CAST(vector AS BLOB) WHERE typeof(vector)='text'");

    Outcome outcome =
        new Repair(Progress.SILENT)
            .run(RepairRequest.of(palace.directory(), "test").withRebuiltIndex(true));

    assertThat(RepairTest.report(outcome).lost().values())
        .singleElement()
        .satisfies(loss -> assertThat(loss.vectors()).hasSize(1));
  }

  @Test
  void metadataWhoseNumberIsNoneIsTakenOutAndDeclared() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    palace.sql(
        "UPDATE embedding_metadata SET int_value='abc' WHERE key='chunk_index' AND id=(SELECT min(id) FROM embeddings)",
        "INSERT INTO collection_metadata(collection_id, key, int_value) VALUES ("
            + DRAWERS
            + ", 'odd', 'abc')");
    assertThat(codes(palace)).containsOnly("number-unreadable");

    RepairReport report = repair(palace);

    assertThat(report.lost().values())
        .singleElement()
        .satisfies(loss -> assertThat(loss.metadata()).hasSize(1));
    assertThat(palace.number("SELECT count(*) FROM embedding_metadata WHERE key='chunk_index'"))
        .isEqualTo(59);
    assertThat(palace.number("SELECT count(*) FROM collection_metadata WHERE key='odd'")).isZero();
    assertThat(examine(palace).isHealthy()).isTrue();
  }

  @Test
  void aMigrationWithoutAVersionIsRecordedAgain() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    String rows = palace.rows();
    palace.sql("UPDATE migrations SET version='abc' WHERE dir='sysdb' AND version=3");

    repair(palace);

    assertThat(palace.rows()).isEqualTo(rows);
  }
}
