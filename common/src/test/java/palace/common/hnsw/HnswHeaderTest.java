package palace.common.hnsw;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class HnswHeaderTest {
  private static final byte[] THREE_ELEMENTS =
      HexFormat.of()
          .parseHex(
              "01000000" // version
                  + "0000000000000000" // offsetLevel0
                  + "0300000000000000" // max_elements
                  + "0300000000000000" // cur_element_count
                  + "A400000000000000" // 164 = 132 + 24 + 8
                  + "9C00000000000000" // 156
                  + "8400000000000000" // 132 = 32 * 4 + 4
                  + "01000000" // maxlevel
                  + "02000000" // enterpoint
                  + "1000000000000000"
                  + "2000000000000000"
                  + "1000000000000000"
                  + "5555555555555555" // mult
                  + "6400000000000000");

  @Test
  void theHeaderOfARealIndexIsUnderstood() throws IOException {
    var header = parse(Files.readAllBytes(RealSegment.resource("chroma-1.5.9/header.bin")));

    assertThat(header.elementCount()).isEqualTo(154);
    assertThat(header.elementBytes()).isEqualTo(164);
    assertThat(header.dimension()).isEqualTo(6);
    assertThat(header.mult()).isEqualTo(0.36067376022224085);
    assertThat(header.efConstruction()).isEqualTo(100);
    assertThat(header.layout()).contains(new IndexLayout(6, 16));
  }

  @Test
  void everyFieldStandsWhereHnswlibPutsIt() {
    var header = parse(THREE_ELEMENTS);

    assertThat(header)
        .isEqualTo(
            new HnswHeader(
                1,
                0,
                3,
                3,
                164,
                156,
                132,
                1,
                2,
                16,
                32,
                16,
                Double.longBitsToDouble(0x5555555555555555L),
                100));
    assertThat(header.encode()).isEqualTo(THREE_ELEMENTS);
  }

  @Test
  void aNewHeaderEqualsTheOneThatChromaWrites() throws IOException {
    byte[] real = Files.readAllBytes(RealSegment.resource("chroma-0.6.3/header.bin"));
    var header = parse(real);
    var made = HnswHeader.of(new IndexLayout(6, 16), 100, 154, 2, 115);

    assertThat(made.encode())
        .isEqualTo(
            new HnswHeader(
                    1,
                    0,
                    154,
                    154,
                    164,
                    156,
                    132,
                    2,
                    header.entryPoint(),
                    16,
                    32,
                    16,
                    header.mult(),
                    100)
                .encode());
  }

  @Test
  void fewerThanAHundredBytesAreNoHeader() {
    assertThat(HnswHeader.parse(MemorySegment.ofArray(new byte[99]))).isEmpty();
  }

  private static HnswHeader parse(byte[] bytes) {
    return HnswHeader.parse(MemorySegment.ofArray(bytes)).orElseThrow();
  }
}
