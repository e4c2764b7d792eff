package palace.common.store;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import palace.common.hnsw.Space;

/// What the stored vectors themselves say about their space.
///
/// A cosine index keeps every vector with norm one and its original length in `length.bin`; l2 and
/// ip indexes keep vectors as given and leave junk there. The best witness is a vector that still
/// stands in the queue as it was given.
public sealed interface SpaceProof {
  /// Vectors were divided by their lengths.
  record Normalised() implements SpaceProof {}

  /// Vectors stand as they were given, and were not of norm one.
  record AsGiven() implements SpaceProof {}

  /// No index, or vectors that look the same in every space.
  record Inconclusive() implements SpaceProof {}

  /// Lengths outside of these are no lengths.
  float LEAST_LENGTH = 1e-6f;

  /// See [#LEAST_LENGTH].
  float MOST_LENGTH = 1e6f;

  /// At most this many vectors are looked at.
  int SAMPLE = 512;

  /// So large a part of the vectors has to look the same.
  float MOST = 0.9f;

  /// {@return the space to believe, given every space that is stated somewhere, the effective one
  /// first}
  default Space choose(List<Space> stated) {
    return switch (this) {
      case Normalised normalised -> Space.COSINE;
      case AsGiven given ->
          stated.stream().filter(space -> space != Space.COSINE).findFirst().orElse(Space.L2);
      case Inconclusive nothing -> stated.getFirst();
    };
  }

  /// Looks at the vectors of an index and, where a record's vector also stands in the queue,
  /// compares the two.
  static SpaceProof of(SegmentVectors segment, Queue queue, List<QueueEntry> entries, int dimension)
      throws IOException {
    if (segment.index().layout().isEmpty()
        || segment.index().layout().get().dimension() != dimension) {
      return new Inconclusive();
    }
    Optional<SpaceProof> witnessed = witness(segment, queue, entries, dimension);
    return witnessed.isPresent() ? witnessed.get() : fromNorms(segment);
  }

  private static Optional<SpaceProof> witness(
      SegmentVectors segment, Queue queue, List<QueueEntry> entries, int dimension)
      throws IOException {
    int looked = 0;
    for (QueueEntry entry : entries.reversed()) {
      var slot = segment.slotOf(entry.id());
      if (slot.isEmpty() || !entry.hasVector(dimension)) {
        continue;
      }
      float[] given = queue.vector(entry.sequence());
      float[] stored = new float[dimension];
      segment.index().storedVector(slot.getAsInt(), stored);
      Optional<SpaceProof> verdict = compare(given, stored);
      if (verdict.isPresent() || ++looked >= SAMPLE) {
        return verdict;
      }
    }
    return Optional.empty();
  }

  private static Optional<SpaceProof> compare(float[] given, float[] stored) {
    if (Math.abs(Space.length(given) - 1) <= 1e-3f) {
      return Optional.empty();
    }
    if (differs(given, stored) == 0) {
      return Optional.of(new AsGiven());
    }
    float[] normalised = given.clone();
    Space.normalise(normalised);
    return differs(normalised, stored) < 1e-5f ? Optional.of(new Normalised()) : Optional.empty();
  }

  private static float differs(float[] left, float[] right) {
    float worst = 0;
    for (int i = 0; i < left.length; i++) {
      worst = Math.max(worst, Math.abs(left[i] - right[i]));
    }
    return Float.isNaN(worst) ? Float.MAX_VALUE : worst;
  }

  /// Embedders that give unit vectors look alike in every space, but only a cosine index keeps
  /// their lengths: elsewhere uninitialised memory stands there, zeroes or parts of pointers, of
  /// which hardly any looks like a length. A vector of zeroes is no witness, and a few that were
  /// damaged outvote nobody.
  private static SpaceProof fromNorms(SegmentVectors segment) {
    int looked = 0;
    int witnesses = 0;
    int unit = 0;
    int plausible = 0;
    int step = Math.max(1, segment.liveLabels().size() / SAMPLE);
    float[] stored = new float[segment.index().layout().orElseThrow().dimension()];
    for (long label : segment.liveLabels()) {
      if (looked++ % step != 0) {
        continue;
      }
      int slot = segment.slotOfLabel(label).orElseThrow();
      segment.index().storedVector(slot, stored);
      float norm = Space.length(stored);
      float length = segment.index().length(slot);
      witnesses += norm == 0 ? 0 : 1;
      unit += Math.abs(norm - 1) <= 1e-4f ? 1 : 0;
      plausible += norm != 0 && length > LEAST_LENGTH && length < MOST_LENGTH ? 1 : 0;
    }
    if (witnesses < 3) {
      return new Inconclusive();
    }
    if (unit < witnesses / 2) {
      return new AsGiven();
    }
    float enough = witnesses * MOST;
    return unit >= enough && plausible >= enough ? new Normalised() : new Inconclusive();
  }
}
