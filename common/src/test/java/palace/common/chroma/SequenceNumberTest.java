package palace.common.chroma;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SequenceNumberTest {
  /// Observed by running migration metadb/00005 of Chroma 1.5.9 on INTEGER rows.
  @ParameterizedTest
  @CsvSource({
    "1229782938247303479, 7",
    "1229782938247312434, 42",
    "1229818264926041398, 123456",
    "1238826568004220471, 1234567",
    "3544952156018063160, 12345678",
    "3617292328856139833, 23456789"
  })
  void poisonedNumbersGiveTheirDigitsBack(long stored, long original) {
    assertThat(SequenceNumber.of(stored)).isEqualTo(new SequenceNumber.Poisoned(stored, original));
    assertThat(SequenceNumber.of(stored).position()).hasValue(original);
  }

  @Test
  void aBlobIsEightBytesBigEndian() {
    byte[] blob = HexFormat.of().parseHex("00000000000000b4");

    assertThat(SequenceNumber.of(blob)).isEqualTo(new SequenceNumber.Plain(180, true));
  }

  @Test
  void blobsOfOtherLengthsAndTextsAreUnreadable() {
    assertThat(SequenceNumber.of(new byte[24]).position()).isEqualTo(OptionalLong.empty());
    assertThat(SequenceNumber.of("180").position()).isEqualTo(OptionalLong.empty());
    assertThat(SequenceNumber.of(Row.NULL).position()).isEqualTo(OptionalLong.empty());
  }

  @Test
  void negativeNumbersAreNoPositions() {
    assertThat(SequenceNumber.of(-5L).position()).isEqualTo(OptionalLong.empty());
  }

  @Test
  void eachLevelStoresItsOwnType() {
    assertThat(SequenceNumber.encode(180, SchemaLevel.NEWEST)).isEqualTo(180L);
    assertThat(SequenceNumber.encode(180, new SchemaLevel(9, 4, 2)))
        .isEqualTo(HexFormat.of().parseHex("00000000000000b4"));
  }
}
