package palace.common.chroma;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChromaReleaseTest {
  @ParameterizedTest
  @CsvSource({
    "0.5.0, 9/4/2",
    "0.6.3, 9/4/2",
    "1.0.15, 9/5/2",
    "1.2.2, 9/5/2",
    "1.3.7, 10/5/2",
    "1.4.1, 10/5/2",
    "1.5.0, 10/6/2",
    "1.5.9, 10/6/2"
  })
  void everyTargetHasTheLevelThatItsReleaseLeaves(String release, String level) {
    assertThat(ChromaRelease.parse(release).orElseThrow().level()).hasToString(level);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.4.24",
        "0.6.4",
        "0.7.0",
        "1.5.10",
        "2.0.0",
        "newest",
        "",
        "1.5.9 rc1",
        "-1.0.0"
      })
  void otherVersionsAreNoTargets(String text) {
    assertThat(ChromaRelease.parse(text)).isEmpty();
  }

  @Test
  void twoNumbersMeanTheFirstReleaseOfTheSeries() {
    assertThat(ChromaRelease.parse("1.5")).contains(new ChromaRelease(1, 5, 0));
  }

  @Test
  void theNewestLevelIsNotNewerThanKnownButOneBeyondItIs() {
    assertThat(SchemaLevel.NEWEST.isNewerThanKnown()).isFalse();
    assertThat(new SchemaLevel(11, 6, 2).isNewerThanKnown()).isTrue();
    assertThat(new SchemaLevel(10, 7, 2).isNewerThanKnown()).isTrue();
  }
}
