package palace.common.hnsw;

import java.util.Arrays;

/// Links a new element with its neighbours, as hnswlib does; for one thread.
final class Linker {
  private final Graph graph;
  private final int[] selected;
  private final int[] links;
  private final int[] kept;
  private final long[] rivals;

  Linker(Graph graph) {
    this.graph = graph;
    int most = graph.layout.mostNeighbours(0);
    selected = new int[most];
    links = new int[most];
    kept = new int[most];
    rivals = new long[most + 1];
  }

  /// Links an element with the best of its candidates, both ways.
  ///
  /// @param candidates findings, nearest first
  void connect(int slot, int level, long[] candidates, int candidateCount) {
    int number = select(candidates, candidateCount, graph.layout.m(), selected);
    graph.link(slot, level, selected, number);
    for (int i = 0; i < number; i++) {
      linkBack(selected[i], slot, level);
    }
  }

  /// Adds a link, dropping the least useful ones when there is no room.
  void linkBack(int from, int to, int level) {
    int most = graph.layout.mostNeighbours(level);
    int number = graph.neighbours(from, level, links);
    if (number < most) {
      links[number] = to;
      graph.link(from, level, links, number + 1);
      return;
    }
    for (int i = 0; i < number; i++) {
      rivals[i] = finding(from, links[i]);
    }
    rivals[number] = finding(from, to);
    Arrays.sort(rivals, 0, number + 1);
    graph.link(from, level, kept, select(rivals, number + 1, most, kept));
  }

  /// hnswlib's getNeighborsByHeuristic2: nearest first, leaving out whatever is nearer to one
  /// already taken.
  private int select(long[] candidates, int candidateCount, int most, int[] into) {
    int number = 0;
    for (int i = 0; i < candidateCount && number < most; i++) {
      int candidate = Beam.slot(candidates[i]);
      if (candidateCount < most || isUseful(candidate, candidates[i], into, number)) {
        into[number++] = candidate;
      }
    }
    return number;
  }

  private boolean isUseful(int candidate, long finding, int[] taken, int takenCount) {
    float toQuery = Beam.distance(finding);
    for (int i = 0; i < takenCount; i++) {
      if (distance(taken[i], candidate) < toQuery) {
        return false;
      }
    }
    return true;
  }

  private long finding(int from, int to) {
    return Beam.finding(distance(from, to), to);
  }

  private float distance(int left, int right) {
    return graph.distance.of(graph.level0, graph.vectorStart(left), graph.vectorStart(right));
  }
}
