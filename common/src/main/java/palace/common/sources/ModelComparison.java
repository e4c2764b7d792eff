package palace.common.sources;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.CollectionRow;
import palace.common.store.CollectionState;
import palace.common.store.Drawer;
import palace.common.store.DrawerEntry;
import palace.common.store.Palace;
import palace.common.store.StoredVector;

/// Tells whether one model made the vectors of two palaces: a model gives equal documents vectors
/// of nearly the same direction, and two models of the same dimension do not.
final class ModelComparison {
  private static final int SAMPLE = 64;

  /// What remains of 1 when a model runs on another machine, or in a coarser number format.
  private static final double ALIKE = 0.99;

  private long compared;
  private long alike;

  private ModelComparison() {}

  /// {@return whether nearly all drawers of a sample that have a vector in both palaces, and equal
  /// documents, have nearly the same one; false when there are none}
  ///
  /// @param reader a connection to the database of the palace
  static boolean isSame(Palace palace, ChromaDatabase reader, OpenCopy copy) throws IOException {
    var comparison = new ModelComparison();
    var others = new ArrayList<CollectionState>();
    for (CollectionRow row : copy.palace().collections()) {
      others.add(copy.state(row));
    }
    for (CollectionRow row : palace.collections()) {
      try (CollectionState own = palace.open(row, reader)) {
        for (CollectionState other : others) {
          comparison.compare(own, other);
        }
      }
    }
    return comparison.compared > 0 && comparison.alike * 10 >= comparison.compared * 9;
  }

  private void compare(CollectionState own, CollectionState other) throws IOException {
    Map<String, DrawerEntry> there = new HashMap<>();
    other.entries().stream()
        .filter(DrawerEntry::hasVector)
        .forEach(entry -> there.put(entry.id(), entry));
    List<DrawerEntry> some =
        sample(
            own.entries().stream()
                .filter(entry -> entry.hasVector() && there.containsKey(entry.id()))
                .toList());
    List<Drawer> mine = own.read(some);
    List<Drawer> theirs =
        other.read(
            some.stream().map(entry -> Objects.requireNonNull(there.get(entry.id()))).toList());
    for (int i = 0; i < mine.size(); i++) {
      if (mine.get(i).document().equals(theirs.get(i).document())) {
        compared++;
        alike += isAlike(mine.get(i).vector(), theirs.get(i).vector()) ? 1 : 0;
      }
    }
  }

  /// Spread over all of them, because old drawers may be of an older model.
  private static List<DrawerEntry> sample(List<DrawerEntry> all) {
    var some = new ArrayList<DrawerEntry>();
    int count = Math.min(SAMPLE, all.size());
    for (long i = 0; i < count; i++) {
      some.add(all.get((int) (i * all.size() / count)));
    }
    return some;
  }

  private static boolean isAlike(Optional<StoredVector> mine, Optional<StoredVector> theirs) {
    return mine.isPresent()
        && theirs.isPresent()
        && cosine(mine.get().components(), theirs.get().components()) >= ALIKE;
  }

  /// {@return 0 for vectors of different dimensions}
  private static double cosine(float[] a, float[] b) {
    if (a.length != b.length) {
      return 0;
    }
    double dot = 0;
    double lengths = 0;
    double otherLengths = 0;
    for (int i = 0; i < a.length; i++) {
      dot += (double) a[i] * b[i];
      lengths += (double) a[i] * a[i];
      otherLengths += (double) b[i] * b[i];
    }
    return dot / Math.sqrt(lengths * otherLengths);
  }
}
