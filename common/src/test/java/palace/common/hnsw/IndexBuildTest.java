package palace.common.hnsw;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import palace.common.PalaceException;

@Timeout(60)
class IndexBuildTest {
  @TempDir Path temp;

  @Test
  void oneElementHasTheBytesOfHnswlib() throws IOException {
    var directory = temp.resolve("one");
    try (var build = IndexBuild.create(directory, Space.COSINE, new IndexParameters(2, 10), 3, 8)) {
      build.add(7, new float[] {1, 0, -2}, 2.5f);
      build.finish();
    }

    // No neighbours of four, the vector, the label; the length; a link list of whatever level.
    assertThat(bytes(directory, IndexFile.LEVEL0))
        .isEqualTo(
            HexFormat.of()
                .parseHex("00".repeat(4 + 16) + "0000803F00000000000000C0" + "0700000000000000"));
    assertThat(bytes(directory, IndexFile.LENGTH)).isEqualTo(HexFormat.of().parseHex("00002040"));
    int level = bytes(directory, IndexFile.LINK_LISTS).length / 12;
    assertThat(bytes(directory, IndexFile.LINK_LISTS)).hasSize(4 + 12 * level);
    assertThat(bytes(directory, IndexFile.HEADER))
        .isEqualTo(
            HexFormat.of()
                .parseHex(
                    "01000000"
                        + "0000000000000000"
                        + "0100000000000000"
                        + "0100000000000000"
                        + "2800000000000000"
                        + "2000000000000000"
                        + "1400000000000000"
                        + "0"
                        + level
                        + "000000"
                        + "00000000"
                        + "0200000000000000"
                        + "0400000000000000"
                        + "0200000000000000"
                        + "FE822B654715F73F"
                        + "0A00000000000000"));
  }

  @Test
  void anEmptyIndexIsWhatHnswlibCallsEmpty() throws IOException {
    var directory = temp.resolve("none");
    try (var build = IndexBuild.create(directory, Space.L2, IndexParameters.DEFAULT, 3, 0)) {
      build.finish();
    }
    try (var index = HnswIndex.open(directory, Optional.empty())) {
      var header = index.header().orElseThrow();
      assertThat(header.maxLevel()).isEqualTo(-1);
      assertThat(header.entryPoint()).isEqualTo(0xFFFF_FFFFL);
      assertThat(index.fileBytes(IndexFile.LEVEL0)).isZero();
      assertThat(HnswSearch.over(index, Space.L2).nearest(new float[3], 1, 10)).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "L2, 6, 16",
    "COSINE, 33, 16",
    "IP, 7, 16",
    "IP, 7, 4",
    "COSINE, 1, 2",
    "L2, 100, 48"
  })
  void whatIsBuiltIsSoundAndFindsNeighboursAsWellAsBruteForce(Space space, int dimension, int m)
      throws IOException {
    float[][] vectors = clustered(1200, dimension, 5);
    var directory = build(space, m, vectors);
    try (var index = HnswIndex.open(directory, Optional.empty())) {
      assertThat(IndexCheck.examine(index, space)).isEmpty();
      assertThat(reachedOnLevelZero(index)).isEqualTo(vectors.length);
      if (m >= 16) {
        assertThat(recall(index, space, vectors)).isGreaterThan(0.95);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Space.class)
  void identicalVectorsAllStayReachable(Space space) throws IOException {
    float[][] vectors = new float[700][];
    Arrays.fill(vectors, new float[] {0.6f, 0.8f, 0});
    try (var index = HnswIndex.open(build(space, 4, vectors), Optional.empty())) {
      assertThat(IndexCheck.examine(index, space)).isEmpty();
      assertThat(reachedOnLevelZero(index)).isEqualTo(700);
    }
  }

  @Test
  void zeroVectorsAreKeptAsZero() throws IOException {
    float[][] vectors = clustered(50, 5, 1);
    Arrays.fill(vectors[20], 0);
    try (var index = HnswIndex.open(build(Space.COSINE, 8, vectors), Optional.empty())) {
      var stored = new float[5];
      index.storedVector(20, stored);
      assertThat(stored).containsOnly(0);
      assertThat(index.length(20)).isZero();
      assertThat(IndexCheck.examine(index, Space.COSINE)).isEmpty();
    }
  }

  @Test
  void theSameElementsGiveTheSameBytes() throws IOException {
    float[][] vectors = clustered(300, 9, 3);
    var first = build(Space.COSINE, 16, vectors);
    Files.move(first, temp.resolve("first"));
    var second = build(Space.COSINE, 16, vectors);
    for (var file : new IndexFile[] {IndexFile.HEADER, IndexFile.LEVEL0, IndexFile.LINK_LISTS}) {
      assertThat(bytes(second, file)).isEqualTo(bytes(temp.resolve("first"), file));
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
  void componentsThatAreNoNumbersAreRefused(float component) throws IOException {
    try (var build =
        IndexBuild.create(temp.resolve("x"), Space.L2, IndexParameters.DEFAULT, 2, 2)) {
      assertThatThrownBy(() -> build.add(1, new float[] {0, component}, 0))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> build.add(0, new float[] {0, 1}, 0))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> build.add(1, new float[] {0}, 0))
          .isInstanceOf(IllegalArgumentException.class);
      assertThat(build.count()).isZero();
    }
  }

  @Test
  void anExistingDirectoryIsNotTouched() {
    assertThatThrownBy(() -> IndexBuild.create(temp, Space.L2, IndexParameters.DEFAULT, 2, 2))
        .isInstanceOf(FileAlreadyExistsException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.6.3", "1.5.9"})
  void aRealIndexIsContinued(String release) throws IOException {
    var segment = RealSegment.copyOf(release, temp.resolve("s"));
    float[][] vectors = clustered(200, 6, 9);
    int deletedBefore;
    try (var index = segment.open()) {
      deletedBefore = deletedCount(index);
    }
    try (var build = IndexBuild.extend(segment.directory(), Space.COSINE, 200)) {
      int slot = 0;
      for (float[] vector : vectors) {
        float[] stored = vector.clone();
        assertThat(build.add(10_000 + slot, stored, Space.COSINE.toStored(stored)))
            .isEqualTo(RealSegment.COUNT + slot++);
      }
      build.markDeleted(RealSegment.COUNT);
      build.finish();
    }
    try (var index = segment.open()) {
      assertThat(IndexCheck.examine(index, Space.COSINE)).isEmpty();
      assertThat(index.elementCount()).isEqualTo(RealSegment.COUNT + 200);
      assertThat(deletedCount(index)).isEqualTo(deletedBefore + 1);
      assertThat(reachedOnLevelZero(index)).isEqualTo(RealSegment.COUNT + 200);
      var nearest = HnswSearch.over(index, Space.COSINE).nearest(stored(vectors[1]), 1, 50);
      assertThat(nearest.getFirst().distance()).isLessThan(1e-6f);
      var labels = LabelTable.of(index);
      var old = RealSegment.vectors(release).entrySet().iterator().next();
      var target = new float[6];
      index.originalVector(
          labels.slotOf(segment.metadata().idToLabel().get(old.getKey())).orElseThrow(),
          Space.COSINE,
          target);
      assertThat(target).containsExactly(old.getValue(), within(1e-5f));
    }
  }

  @Test
  void anUnsoundIndexIsNotContinued() throws IOException {
    var segment = RealSegment.copyOf("1.5.9", temp.resolve("s"));
    segment.poke(IndexFile.LEVEL0, bytes -> bytes.putInt(4, 100_000));
    byte[] before = bytes(segment.directory(), IndexFile.LEVEL0);

    assertThatThrownBy(() -> IndexBuild.extend(segment.directory(), Space.COSINE, 1))
        .isInstanceOf(PalaceException.Refused.class)
        .hasMessageContaining("1 neighbours do not exist");
    assertThat(bytes(segment.directory(), IndexFile.LEVEL0)).isEqualTo(before);
  }

  @Test
  void deletedElementsAreWalkedOverAndNeverFound() throws IOException {
    float[][] vectors = clustered(400, 8, 2);
    var directory = build(Space.L2, 8, vectors);
    try (var build = IndexBuild.extend(directory, Space.L2, 0)) {
      for (int slot = 0; slot < 400; slot++) {
        if (slot % 4 != 0) {
          build.markDeleted(slot);
        }
      }
      build.finish();
    }
    try (var index = HnswIndex.open(directory, Optional.empty())) {
      var found = HnswSearch.over(index, Space.L2).nearest(vectors[1], 100, 100);
      assertThat(found).hasSize(100).allMatch(neighbour -> neighbour.slot() % 4 == 0);
    }
  }

  @Test
  void anIndexWhoseElementsAreAllDeletedTakesNewOnes() throws IOException {
    float[][] vectors = clustered(60, 8, 2);
    var directory = build(Space.L2, 8, vectors);
    try (var build = IndexBuild.extend(directory, Space.L2, 60)) {
      for (int slot = 0; slot < 60; slot++) {
        build.markDeleted(slot);
      }
      for (int slot = 0; slot < 60; slot++) {
        build.add(1000 + slot, vectors[slot], 0);
      }
      build.finish();
    }
    try (var index = HnswIndex.open(directory, Optional.empty())) {
      assertThat(IndexCheck.examine(index, Space.L2)).isEmpty();
      assertThat(HnswSearch.over(index, Space.L2).nearest(vectors[5], 60, 200)).hasSize(60);
    }
  }

  private Path build(Space space, int m, float[][] vectors) throws IOException {
    var directory = temp.resolve("built");
    int dimension = vectors[0].length;
    try (var build =
        IndexBuild.create(
            directory, space, new IndexParameters(m, 100), dimension, vectors.length + 5)) {
      for (int i = 0; i < vectors.length; i++) {
        float[] stored = vectors[i].clone();
        float length = space.toStored(stored);
        build.add(i + 1, stored, length);
      }
      build.finish();
    }
    return directory;
  }

  private static float[][] clustered(int count, int dimension, long seed) {
    var random = new Random(seed);
    float[][] centres = new float[10][dimension];
    for (float[] centre : centres) {
      IntStream.range(0, dimension).forEach(i -> centre[i] = (float) random.nextGaussian());
    }
    float[][] vectors = new float[count][dimension];
    for (float[] vector : vectors) {
      float[] centre = centres[random.nextInt(10)];
      for (int i = 0; i < dimension; i++) {
        vector[i] = centre[i] + 0.3f * (float) random.nextGaussian();
      }
    }
    return vectors;
  }

  private static double recall(HnswIndex index, Space space, float[][] vectors) throws IOException {
    var search = HnswSearch.over(index, space);
    int hits = 0;
    for (int q = 0; q < 50; q++) {
      float[] query = vectors[q * 7].clone();
      space.toStored(query);
      var nearest = new HashSet<Long>();
      search.nearest(query, 10, 100).forEach(neighbour -> nearest.add(neighbour.label()));
      hits += (int) truth(space, query, vectors).filter(nearest::contains).count();
    }
    return hits / 500.0;
  }

  private static Stream<Long> truth(Space space, float[] query, float[][] vectors) {
    return IntStream.range(0, vectors.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> distance(space, query, vectors[i])))
        .limit(10)
        .map(i -> i + 1L);
  }

  private static double distance(Space space, float[] query, float[] vector) {
    double dot = 0;
    double squares = 0;
    double length = 0;
    for (int i = 0; i < query.length; i++) {
      dot += (double) query[i] * vector[i];
      squares += Math.pow((double) query[i] - vector[i], 2);
      length += (double) vector[i] * vector[i];
    }
    return switch (space) {
      case L2 -> squares;
      case IP -> -dot;
      case COSINE -> -dot / Math.sqrt(length);
    };
  }

  private static float[] stored(float[] vector) {
    float[] stored = vector.clone();
    Space.normalise(stored);
    return stored;
  }

  private static int reachedOnLevelZero(HnswIndex index) {
    var reached = new BitSet();
    var queue = new ArrayDeque<Integer>();
    queue.add((int) index.header().orElseThrow().entryPoint());
    reached.set(queue.peek());
    while (!queue.isEmpty()) {
      int slot = queue.poll();
      for (int rank = 0; rank < index.neighbourCount(slot); rank++) {
        int neighbour = (int) index.neighbour(slot, rank);
        if (!reached.get(neighbour)) {
          reached.set(neighbour);
          queue.add(neighbour);
        }
      }
    }
    return reached.cardinality();
  }

  private static int deletedCount(HnswIndex index) {
    return (int) IntStream.range(0, index.elementCount()).filter(index::deleted).count();
  }

  private static byte[] bytes(Path directory, IndexFile file) throws IOException {
    return Files.readAllBytes(directory.resolve(file.fileName()));
  }
}
