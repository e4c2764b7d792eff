package palace.common.hnsw;

import java.util.List;

/// Checks the labels, vectors and lengths of all elements.
///
/// Every component must be finite. In a cosine index a stored vector has length one, or zero when
/// the original was zero, and `length.bin` holds a finite length, zero exactly for zero vectors.
/// Deleted elements keep their place in the graph, so their vectors must be finite too; the rest is
/// asked of live ones only.
final class ElementCheck {
  private static final float NORM_TOLERANCE = 1e-4f;

  private final HnswIndex index;
  private final Space space;
  private final List<IndexFault> faults;
  private final IndexLayout layout;
  private final Distance distance;
  private final float[] vector;
  private final Tally notFinite = new Tally();
  private final Tally wrongNorms = new Tally();
  private final Tally wrongLengths = new Tally();
  private final Tally wrongLabels = new Tally();
  private final Tally zeroes = new Tally();
  private long liveCount;
  private float firstWrongNorm;
  private float firstWrongLength;
  private long zeroRun;
  private long longestZeroRun;
  private int longestZeroRunStart;

  ElementCheck(HnswIndex index, Space space, List<IndexFault> faults) {
    this.index = index;
    this.space = space;
    this.faults = faults;
    layout = index.layout().orElseThrow();
    distance = new Distance(space, layout.dimension());
    vector = new float[layout.dimension()];
  }

  void examine(int count) {
    boolean hasLengths =
        space == Space.COSINE && index.fileBytes(IndexFile.LENGTH) >= 4L * count;
    for (int slot = 0; slot < count; slot++) {
      examineLabel(slot);
      examineVector(slot, hasLengths);
    }
    examineLabels();
    report();
  }

  private void examineLabel(int slot) {
    long label = index.label(slot);
    if (label < 1 || label > IndexCheck.LARGEST_LABEL) {
      wrongLabels.add(slot);
    }
  }

  private void examineVector(int slot, boolean hasLengths) {
    long at = (long) slot * layout.elementBytes() + layout.vectorOffset();
    float square = distance.dot(index.level0(), at, at);
    if (!Float.isFinite(square) && hasComponentThatIsNotFinite(slot)) {
      notFinite.add(slot);
      endZeroRun();
    } else if (index.deleted(slot)) {
      liveCount--;
      endZeroRun();
    } else {
      examineLive(slot, square, hasLengths);
    }
    liveCount++;
  }

  private void examineLive(int slot, float square, boolean hasLengths) {
    boolean isZero = square == 0 && isZero(slot);
    float length = hasLengths ? index.length(slot) : Float.NaN;
    if (space == Space.COSINE && !isZero) {
      examineNorm(slot, (float) Math.sqrt(square));
    }
    if (hasLengths && isImplausible(length, isZero)) {
      firstWrongLength = wrongLengths.any() ? firstWrongLength : length;
      wrongLengths.add(slot);
    }
    if (isZero && !(hasLengths && length == 0)) {
      addZero(slot);
    } else {
      endZeroRun();
    }
  }

  private void examineNorm(int slot, float norm) {
    if (!(Math.abs(norm - 1) <= NORM_TOLERANCE)) {
      firstWrongNorm = wrongNorms.any() ? firstWrongNorm : norm;
      wrongNorms.add(slot);
    }
  }

  /// A zero vector with a length is told by [IndexFault.ZeroVectors] instead.
  private static boolean isImplausible(float length, boolean isZero) {
    return !Float.isFinite(length) || length < 0 || (length == 0 && !isZero);
  }

  private boolean hasComponentThatIsNotFinite(int slot) {
    index.storedVector(slot, vector);
    for (float component : vector) {
      if (!Float.isFinite(component)) {
        return true;
      }
    }
    return false;
  }

  private boolean isZero(int slot) {
    index.storedVector(slot, vector);
    for (float component : vector) {
      if (component != 0) {
        return false;
      }
    }
    return true;
  }

  private void addZero(int slot) {
    zeroes.add(slot);
    zeroRun++;
    if (zeroRun > longestZeroRun) {
      longestZeroRun = zeroRun;
      longestZeroRunStart = (int) (slot - zeroRun + 1);
    }
  }

  private void endZeroRun() {
    zeroRun = 0;
  }

  private void examineLabels() {
    var labels = LabelTable.of(index);
    long duplicates = 0;
    long first = 0;
    for (int rank = 1; rank < labels.size(); rank++) {
      if (labels.label(rank) == labels.label(rank - 1)) {
        first = duplicates == 0 ? labels.label(rank) : first;
        duplicates++;
      }
    }
    if (duplicates > 0) {
      faults.add(new IndexFault.DuplicateLabels(duplicates, first));
    }
  }

  private void report() {
    if (wrongLabels.any()) {
      int slot = wrongLabels.firstSlot();
      faults.add(new IndexFault.LabelOutOfRange(wrongLabels.count(), slot, index.label(slot)));
    }
    if (notFinite.any()) {
      faults.add(new IndexFault.NotFinite(notFinite.count(), notFinite.firstSlot()));
    }
    if (wrongNorms.any()) {
      faults.add(
          new IndexFault.NormWrong(
              wrongNorms.count(), liveCount, wrongNorms.firstSlot(), firstWrongNorm));
    }
    if (wrongLengths.any()) {
      faults.add(
          new IndexFault.LengthImplausible(
              wrongLengths.count(), liveCount, wrongLengths.firstSlot(), firstWrongLength));
    }
    if (zeroes.any()) {
      var harm = space == Space.COSINE ? IndexFault.Harm.LOSS : IndexFault.Harm.NOTICE;
      faults.add(
          new IndexFault.ZeroVectors(zeroes.count(), longestZeroRun, longestZeroRunStart, harm));
    }
  }
}
