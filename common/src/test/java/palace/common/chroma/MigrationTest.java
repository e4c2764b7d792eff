package palace.common.chroma;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/// Chroma compares these texts byte for byte and refuses a database over one space.
class MigrationTest {
  @Test
  void everyTextHasTheHashThatChromaRecordsForIt() throws Exception {
    for (Migration migration : Migration.all()) {
      byte[] md5 =
          MessageDigest.getInstance("MD5").digest(migration.sql().getBytes(StandardCharsets.UTF_8));
      assertThat(migration.hash())
          .as(migration.filename())
          .isEqualTo(HexFormat.of().formatHex(md5));
    }
  }

  @Test
  void theNewestLevelIsTenSixAndTwoMigrations() {
    assertThat(Migration.upTo(SchemaLevel.NEWEST)).hasSize(18).isEqualTo(Migration.all());
    assertThat(Migration.upTo(new SchemaLevel(9, 4, 2))).hasSize(15);
  }

  @Test
  void theKnownHashesOfTheFirstAndTheLastAreTheseOfTheReleasedFiles() {
    assertThat(Migration.all().getFirst().hash()).isEqualTo("38352d725ad1c16074fac420b22b4633");
    assertThat(Migration.all().getLast().hash()).isEqualTo("8fbfe4ffb3e57f1d8bfdc58510a82e85");
  }
}
