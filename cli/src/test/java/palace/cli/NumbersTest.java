package palace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import palace.common.files.TreeSize;

final class NumbersTest {
  @ParameterizedTest
  @CsvSource({"0,0", "999,999", "1000,1 000", "52300,52 300", "1234567,1 234 567"})
  void countsAreGroupedByThree(long count, String text) {
    assertThat(Numbers.count(count)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"0,0 drawers", "1,1 drawer", "2,2 drawers"})
  void aNounFollowsItsCount(long count, String text) {
    assertThat(Numbers.count(count, "drawer")).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "0,0 B",
    "999,999 B",
    "1000,1.0 kB",
    "9949,9.9 kB",
    "9951,10 kB",
    "999499,999 kB",
    "999500,1.0 MB",
    "1200000000,1.2 GB",
    "9223372036854775807,9.2 EB"
  })
  void sizesKeepTwoDigitsOrMore(long bytes, String text) {
    assertThat(Numbers.bytes(bytes)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "1000,1000,1.0 kB",
    "1000,4096,1.0 kB",
    "1000,900,1.0 kB",
    "1000000000000,4096,1.0 TB (4.1 kB on disk)"
  })
  void whatIsOccupiedIsToldWhereItIsMuchLess(long apparent, long allocated, String text) {
    assertThat(Numbers.size(new TreeSize(apparent, allocated, 1))).isEqualTo(text);
  }
}
