package palace.common.hnsw;

import java.util.Optional;

/// How far two vectors are apart, by the names Chroma stores.
public enum Space {
  /// Squared Euclidean distance of the vectors as given.
  L2("l2"),
  /// One minus the dot product of vectors stored with length one; the original length stands in
  /// `length.bin`.
  COSINE("cosine"),
  /// One minus the dot product of the vectors as given.
  IP("ip");

  /// hnswlib adds this to a length before it divides, so that zero vectors stay zero.
  private static final float SMALLEST_LENGTH = 1e-30f;

  private final String chromaName;

  Space(String chromaName) {
    this.chromaName = chromaName;
  }

  /// {@return the name in Chroma's configuration}
  public String chromaName() {
    return chromaName;
  }

  /// {@return the space of that name, which is case-sensitive as in Chroma}
  public static Optional<Space> parse(String chromaName) {
    for (var space : values()) {
      if (space.chromaName.equals(chromaName)) {
        return Optional.of(space);
      }
    }
    return Optional.empty();
  }

  /// {@return the Euclidean length in float arithmetic, as hnswlib computes it}
  public static float length(float[] vector) {
    float sum = 0;
    for (float component : vector) {
      sum += component * component;
    }
    return (float) Math.sqrt(sum);
  }

  /// Brings a vector into the form in which this space stores it: divided by its length for cosine,
  /// unchanged otherwise.
  ///
  /// @param vector changed in place
  /// @return what belongs into `length.bin`: the length before, or 0 where this space has no use
  ///     for it
  public float toStored(float[] vector) {
    return this == COSINE ? normalise(vector) : 0;
  }

  /// Divides a vector by its length as hnswlib does; a zero vector stays zero and gives 0.
  ///
  /// @param vector changed in place
  /// @return the length before
  public static float normalise(float[] vector) {
    float length = length(vector);
    float factor = 1.0f / (length + SMALLEST_LENGTH);
    for (int i = 0; i < vector.length; i++) {
      vector[i] *= factor;
    }
    return length;
  }
}
