package palace.common.hnsw;

import java.util.Arrays;

/// hnswlib's searches over one graph, with the marks and queues they need; for one thread.
///
/// A finding is a distance and a slot in one number: the distance's bits in an order that numbers
/// share in the upper half, the slot in the lower.
final class Beam {
  private final Graph graph;
  private final int[] marks;
  private final int[] neighbours;
  private final LongHeap candidates = new LongHeap();
  private long[] found = new long[256];
  private int foundCount;
  private int mark;

  Beam(Graph graph, int capacity) {
    this.graph = graph;
    this.marks = new int[capacity];
    this.neighbours = new int[graph.layout.mostNeighbours(0)];
  }

  static long finding(float distance, int slot) {
    int bits = Float.floatToRawIntBits(distance);
    return (long) (bits ^ ((bits >> 31) & 0x7FFF_FFFF)) << 32 | slot;
  }

  static int slot(long finding) {
    return (int) finding;
  }

  static float distance(long finding) {
    int bits = (int) (finding >> 32);
    return Float.intBitsToFloat(bits ^ ((bits >> 31) & 0x7FFF_FFFF));
  }

  /// {@return the slot that greedy steps reach from a start, down to and not including the last
  /// level}
  int descend(float[] query, int start, int fromLevel, int downTo) {
    int best = start;
    for (int level = fromLevel; level > downTo; level--) {
      best = greedy(query, best, level);
    }
    return best;
  }

  private int greedy(float[] query, int start, int level) {
    int best = start;
    float bestDistance = distanceTo(query, start);
    for (boolean moved = true; moved; ) {
      moved = false;
      int links = graph.neighbours(best, level, neighbours);
      for (int i = 0; i < links; i++) {
        float distance = distanceTo(query, neighbours[i]);
        if (distance < bestDistance) {
          bestDistance = distance;
          best = neighbours[i];
          moved = true;
        }
      }
    }
    return best;
  }

  /// Collects the nearest elements that are not deleted, walking over deleted ones; they stand in
  /// [#found()], nearest first.
  ///
  /// @param width most elements to collect
  /// @return their number
  int search(float[] query, int start, int level, int width) {
    begin(width);
    visit(distanceTo(query, start), start, width);
    while (!candidates.isEmpty()) {
      long candidate = candidates.poll();
      if (foundCount == width && candidate > found[foundCount - 1]) {
        break;
      }
      expand(query, slot(candidate), level, width);
    }
    return foundCount;
  }

  private void expand(float[] query, int from, int level, int width) {
    int links = graph.neighbours(from, level, neighbours);
    for (int i = 0; i < links; i++) {
      int neighbour = neighbours[i];
      if (marks[neighbour] != mark) {
        float distance = distanceTo(query, neighbour);
        if (foundCount < width || distance < distance(found[foundCount - 1])) {
          visit(distance, neighbour, width);
        } else {
          marks[neighbour] = mark;
        }
      }
    }
  }

  private void visit(float distance, int slot, int width) {
    marks[slot] = mark;
    long finding = finding(distance, slot);
    candidates.add(finding);
    if (!graph.deleted(slot)) {
      insert(finding, width);
    }
  }

  private void insert(long finding, int width) {
    int at = -1 - Arrays.binarySearch(found, 0, foundCount, finding);
    if (at < 0 || at >= width) {
      return;
    }
    int kept = Math.min(foundCount, width - 1);
    System.arraycopy(found, at, found, at + 1, kept - at);
    found[at] = finding;
    foundCount = kept + 1;
  }

  private void begin(int width) {
    if (++mark == 0) {
      Arrays.fill(marks, 0);
      mark = 1;
    }
    candidates.clear();
    foundCount = 0;
    if (found.length < width) {
      found = new long[width];
    }
  }

  /// {@return the findings of the last search, in an array that the next one reuses}
  long[] found() {
    return found;
  }

  private float distanceTo(float[] query, int slot) {
    return graph.distance.of(query, graph.level0, graph.vectorStart(slot));
  }
}
