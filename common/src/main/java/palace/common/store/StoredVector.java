package palace.common.store;

import java.util.Arrays;
import palace.common.hnsw.Space;

/// A vector in the form in which an index of its space keeps it, so that carrying it changes no
/// bit: as given for l2 and ip; for cosine divided by its length, with the length beside it.
///
/// @param components as stored
/// @param length norm of the original for cosine, 0 for other spaces
/// @param directionOnly whether the length of a cosine vector was lost and 1 stands in its place
public record StoredVector(float[] components, float length, boolean directionOnly) {
  /// {@return the stored form of a vector as the user gave it}
  public static StoredVector of(float[] original, Space space) {
    if (space != Space.COSINE) {
      return new StoredVector(original.clone(), 0, false);
    }
    float[] normalised = original.clone();
    float length = Space.normalise(normalised);
    return new StoredVector(normalised, length, false);
  }

  /// {@return the vector as the user gave it, up to the rounding that Chroma's own index has}
  public float[] original(Space space) {
    float[] original = components.clone();
    if (space == Space.COSINE) {
      for (int i = 0; i < original.length; i++) {
        original[i] *= length;
      }
    }
    return original;
  }

  /// {@return whether every component is a number and no infinity}
  public boolean isFinite() {
    for (float component : components) {
      if (!Float.isFinite(component)) {
        return false;
      }
    }
    return Float.isFinite(length);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof StoredVector that
        && Arrays.equals(components, that.components)
        && Float.floatToIntBits(length) == Float.floatToIntBits(that.length)
        && directionOnly == that.directionOnly;
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(components) * 31 + Float.hashCode(length);
  }

  @Override
  public String toString() {
    return "StoredVector[" + components.length + " components, length " + length + "]";
  }
}
