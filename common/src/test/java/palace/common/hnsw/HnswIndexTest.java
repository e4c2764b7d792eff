package palace.common.hnsw;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HnswIndexTest {
  @TempDir Path temp;

  @ParameterizedTest
  @ValueSource(strings = {"0.6.3", "1.5.9"})
  void vectorsAreThoseThatChromaAnswers(String release) throws IOException {
    var segment = RealSegment.copyOf(release, temp.resolve("s"));
    try (var index = segment.open()) {
      assertHoldsChromasAnswers(release, segment, index);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"missing", "zero", "cut", "other dimension", "other M"})
  void vectorsAreReadByTheExpectedLayoutWhenTheHeaderIsFalse(String damage) throws IOException {
    var segment = RealSegment.copyOf("1.5.9", temp.resolve("s"));
    switch (damage) {
      case "missing" -> Files.delete(segment.path(IndexFile.HEADER));
      case "zero" -> segment.replace(IndexFile.HEADER, new byte[100]);
      case "cut" -> segment.truncate(IndexFile.HEADER, 50);
      case "other dimension" ->
          segment.replace(
              IndexFile.HEADER, HnswHeader.of(new IndexLayout(10, 16), 100, 100, 1, 3).encode());
      default ->
          segment.replace(
              IndexFile.HEADER, HnswHeader.of(new IndexLayout(6, 8), 100, 100, 1, 3).encode());
    }
    try (var index = segment.openExpecting(RealSegment.LAYOUT)) {
      assertThat(index.layout()).contains(RealSegment.LAYOUT);
      assertThat(index.headerIsTrusted()).isFalse();
      assertThat(index.elementCount()).isEqualTo(RealSegment.COUNT);
      assertHoldsChromasAnswers("1.5.9", segment, index);
    }
  }

  @Test
  void aFalseExpectationDoesNotOverruleASoundHeader() throws IOException {
    var segment = RealSegment.copyOf("1.5.9", temp.resolve("s"));
    try (var index = segment.openExpecting(new IndexLayout(384, 16))) {
      assertThat(index.layout()).contains(RealSegment.LAYOUT);
    }
  }

  @Test
  void withoutHeaderAndExpectationThereAreNoSlots() throws IOException {
    try (var index = HnswIndex.open(temp, Optional.empty())) {
      assertThat(index.layout()).isEmpty();
      assertThat(index.slotCount()).isZero();
      assertThat(index.isYoung()).isFalse();
    }
  }

  @Test
  void elementsPastTheEndOfTheFileAreNotCounted() throws IOException {
    var segment = RealSegment.copyOf("1.5.9", temp.resolve("s"));
    segment.truncate(IndexFile.LEVEL0, 10 * 164 + 163);
    segment.truncate(IndexFile.LENGTH, 5);
    try (var index = segment.open()) {
      assertThat(index.elementCount()).isEqualTo(10);
      assertThat(index.length(0)).isNotNaN();
      assertThat(index.length(1)).isNaN();
    }
  }

  @Test
  void aPlaceholderIsYoung() throws IOException {
    Files.copy(
        RealSegment.resource("young-1.5.9-header.bin"), temp.resolve(IndexFile.HEADER.fileName()));
    Files.write(temp.resolve(IndexFile.LEVEL0.fileName()), junk(164 * 100));
    Files.write(temp.resolve(IndexFile.LENGTH.fileName()), junk(400));
    Files.createFile(temp.resolve(IndexFile.LINK_LISTS.fileName()));
    try (var index = HnswIndex.open(temp, Optional.empty())) {
      assertThat(index.isYoung()).isTrue();
      assertThat(index.elementCount()).isZero();
      assertThat(IndexCheck.examine(index, Space.COSINE)).isEmpty();
    }
  }

  @Test
  void ofTwoElementsWithOneLabelTheLiveOneIsFound() throws IOException {
    var segment = RealSegment.copyOf("1.5.9", temp.resolve("s"));
    segment.poke(
        IndexFile.LEVEL0,
        bytes -> {
          bytes.put(2, (byte) 1).putLong(156, 4_000_000_000L);
          bytes.put(166, (byte) 0).putLong(164 + 156, 4_000_000_000L);
        });
    try (var index = segment.open()) {
      var labels = LabelTable.of(index);
      assertThat(labels.slotOf(4_000_000_000L)).hasValue(1);
      assertThat(labels.isAmbiguous(4_000_000_000L)).isTrue();
      assertThat(labels.slotOf(3_999_999_999L)).isEmpty();
    }
  }

  private static void assertHoldsChromasAnswers(
      String release, RealSegment segment, HnswIndex index) throws IOException {
    var labels = LabelTable.of(index);
    var target = new float[6];
    for (var expected : RealSegment.vectors(release).entrySet()) {
      long label = segment.metadata().idToLabel().get(expected.getKey());
      int slot = labels.slotOf(label).orElseThrow();
      assertThat(index.deleted(slot)).isFalse();
      assertThat(index.label(slot)).isEqualTo(label);
      assertThat(index.originalVector(slot, Space.COSINE, target)).isTrue();
      assertThat(target).containsExactly(expected.getValue(), within(1e-6f * norm(target)));
    }
  }

  private static float norm(float[] vector) {
    return Math.max(1, Space.length(vector));
  }

  private static byte[] junk(int length) {
    var bytes = new byte[length];
    new Random(1).nextBytes(bytes);
    return bytes;
  }
}
