package palace.common.hnsw;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// The distance of a space between vectors of one dimension, in lanes as wide as the machine has.
///
/// Multiplication and addition stay two operations: a fused one is emulated, and then very slow,
/// where the hardware lacks it.
final class Distance {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  private final boolean euclidean;
  private final int dimension;
  private final int pairedEnd;
  private final int laneEnd;

  Distance(Space space, int dimension) {
    this.euclidean = space == Space.L2;
    this.dimension = dimension;
    this.laneEnd = SPECIES.loopBound(dimension);
    this.pairedEnd = dimension - dimension % (2 * LANES);
  }

  /// {@return the distance of a query to the vector at a byte offset}
  float of(float[] query, MemorySegment bytes, long offset) {
    return euclidean ? squares(query, bytes, offset) : 1 - dot(query, bytes, offset);
  }

  /// {@return the distance between the vectors at two byte offsets}
  float of(MemorySegment bytes, long left, long right) {
    return euclidean ? squares(bytes, left, right) : 1 - dot(bytes, left, right);
  }

  private float dot(float[] query, MemorySegment bytes, long offset) {
    var even = FloatVector.zero(SPECIES);
    var odd = even;
    int i = 0;
    for (; i < pairedEnd; i += 2 * LANES) {
      even = even.add(FloatVector.fromArray(SPECIES, query, i).mul(at(bytes, offset, i)));
      odd =
          odd.add(
              FloatVector.fromArray(SPECIES, query, i + LANES)
                  .mul(at(bytes, offset, i + LANES)));
    }
    for (; i < laneEnd; i += LANES) {
      even = even.add(FloatVector.fromArray(SPECIES, query, i).mul(at(bytes, offset, i)));
    }
    float sum = even.add(odd).reduceLanes(VectorOperators.ADD);
    for (; i < dimension; i++) {
      sum += query[i] * scalar(bytes, offset, i);
    }
    return sum;
  }

  private float squares(float[] query, MemorySegment bytes, long offset) {
    var even = FloatVector.zero(SPECIES);
    var odd = even;
    int i = 0;
    for (; i < pairedEnd; i += 2 * LANES) {
      var first = FloatVector.fromArray(SPECIES, query, i).sub(at(bytes, offset, i));
      var second =
          FloatVector.fromArray(SPECIES, query, i + LANES).sub(at(bytes, offset, i + LANES));
      even = even.add(first.mul(first));
      odd = odd.add(second.mul(second));
    }
    for (; i < laneEnd; i += LANES) {
      var rest = FloatVector.fromArray(SPECIES, query, i).sub(at(bytes, offset, i));
      even = even.add(rest.mul(rest));
    }
    float sum = even.add(odd).reduceLanes(VectorOperators.ADD);
    for (; i < dimension; i++) {
      float rest = query[i] - scalar(bytes, offset, i);
      sum += rest * rest;
    }
    return sum;
  }

  /// {@return the dot product of the vectors at two byte offsets}
  float dot(MemorySegment bytes, long left, long right) {
    var even = FloatVector.zero(SPECIES);
    var odd = even;
    int i = 0;
    for (; i < pairedEnd; i += 2 * LANES) {
      even = even.add(at(bytes, left, i).mul(at(bytes, right, i)));
      odd = odd.add(at(bytes, left, i + LANES).mul(at(bytes, right, i + LANES)));
    }
    for (; i < laneEnd; i += LANES) {
      even = even.add(at(bytes, left, i).mul(at(bytes, right, i)));
    }
    float sum = even.add(odd).reduceLanes(VectorOperators.ADD);
    for (; i < dimension; i++) {
      sum += scalar(bytes, left, i) * scalar(bytes, right, i);
    }
    return sum;
  }

  private float squares(MemorySegment bytes, long left, long right) {
    var sums = FloatVector.zero(SPECIES);
    int i = 0;
    for (; i < laneEnd; i += LANES) {
      var rest = at(bytes, left, i).sub(at(bytes, right, i));
      sums = sums.add(rest.mul(rest));
    }
    float sum = sums.reduceLanes(VectorOperators.ADD);
    for (; i < dimension; i++) {
      float rest = scalar(bytes, left, i) - scalar(bytes, right, i);
      sum += rest * rest;
    }
    return sum;
  }

  private static FloatVector at(MemorySegment bytes, long offset, int i) {
    return FloatVector.fromMemorySegment(SPECIES, bytes, offset + 4L * i, ORDER);
  }

  private static float scalar(MemorySegment bytes, long offset, int i) {
    return bytes.get(HnswIndex.FLOAT, offset + 4L * i);
  }
}
