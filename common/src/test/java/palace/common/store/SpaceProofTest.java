package palace.common.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import palace.common.hnsw.IndexBuild;
import palace.common.hnsw.IndexParameters;
import palace.common.hnsw.Space;
import palace.common.pickle.IndexMetadata;
import palace.common.pickle.IndexPickle;

/// An embedder that gives vectors of length one leaves only `length.bin` as a witness.
class SpaceProofTest {
  private static final int DIMENSION = 8;
  private static final int ELEMENTS = 20;

  @TempDir Path directory;

  @Test
  void lengthsOfOneBesideUnitVectorsProveCosine() throws IOException {
    assertThat(proof(1.0f)).isEqualTo(new SpaceProof.Normalised());
  }

  @Test
  void partsOfPointersBesideUnitVectorsProveNothing() throws IOException {
    assertThat(proof(Float.intBitsToFloat(0x7f12))).isEqualTo(new SpaceProof.Inconclusive());
    assertThat(proof(Float.intBitsToFloat(0x5581_a000))).isEqualTo(new SpaceProof.Inconclusive());
  }

  @Test
  void zeroesBesideUnitVectorsProveNothing() throws IOException {
    assertThat(proof(0)).isEqualTo(new SpaceProof.Inconclusive());
  }

  @Test
  void aFewDamagedVectorsOutvoteNobody() throws IOException {
    assertThat(proof(1.0f, 3)).isEqualTo(new SpaceProof.Normalised());
    assertThat(proof(0, 3)).isEqualTo(new SpaceProof.Inconclusive());
  }

  private SpaceProof proof(float length) throws IOException {
    return proof(length, 0);
  }

  private SpaceProof proof(float length, int zeroed) throws IOException {
    Path segment =
        directory.resolve("segment-%d-%d".formatted(Float.floatToIntBits(length), zeroed));
    write(segment, length, zeroed);
    try (SegmentVectors vectors = SegmentVectors.open(segment, Optional.empty())) {
      return SpaceProof.of(vectors, null, List.of(), DIMENSION);
    }
  }

  private static void write(Path segment, float length, int zeroed) throws IOException {
    var labels = new LinkedHashMap<String, Long>();
    var ids = new LinkedHashMap<Long, String>();
    var random = new Random(1);
    var parameters = new IndexParameters(16, 100);
    try (var build = IndexBuild.create(segment, Space.L2, parameters, DIMENSION, ELEMENTS)) {
      for (long label = 1; label <= ELEMENTS; label++) {
        float[] vector = new float[DIMENSION];
        for (int i = 0; i < DIMENSION; i++) {
          vector[i] = (float) random.nextGaussian();
        }
        Space.normalise(vector);
        build.add(label, label <= zeroed ? new float[DIMENSION] : vector, 0);
        labels.put("id" + label, label);
        ids.put(label, "id" + label);
      }
      build.finish();
    }
    var lengths = ByteBuffer.allocate(4 * ELEMENTS).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < ELEMENTS; i++) {
      lengths.putFloat(length);
    }
    Files.write(segment.resolve("length.bin"), lengths.array());
    IndexPickle.write(
        segment.resolve(IndexPickle.FILE_NAME),
        new IndexMetadata(
            OptionalInt.of(DIMENSION),
            ELEMENTS,
            OptionalLong.empty(),
            labels,
            ids,
            new LinkedHashMap<>(),
            IndexMetadata.Shape.CLASS));
  }
}
