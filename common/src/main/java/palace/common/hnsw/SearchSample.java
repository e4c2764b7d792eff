package palace.common.hnsw;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/// Asks an index for the neighbours of some of its own elements, and compares every one with all
/// elements. In an index of inner products many elements are nobody's neighbour, so that no link
/// leads to them, and still no search misses them.
final class SearchSample {
  private static final int QUERIES = 40;
  private static final int NEIGHBOURS = 10;
  private static final int EF = 100;
  private static final float EQUAL = 1e-5f;

  private final HnswIndex index;
  private final Graph graph;
  private final HnswSearch search;
  private final int count;
  private final float[] query;

  private SearchSample(HnswIndex index, Space space) throws IOException {
    this.index = index;
    count = index.elementCount();
    graph = Graph.read(index, space, index.level0(), count);
    search = HnswSearch.over(index, space);
    query = new float[graph.layout.dimension()];
  }

  /// {@return the share of true neighbours that searches find, over a sample of live elements; 1
  /// where there is nothing to ask}
  static double recall(HnswIndex index, Space space) {
    try {
      return new SearchSample(index, space).recall();
    } catch (IOException e) {
      return 0;
    }
  }

  private double recall() {
    long wanted = 0;
    long found = 0;
    int step = Math.max(1, count / QUERIES);
    for (int slot = 0; slot < count; slot += step) {
      if (!index.deleted(slot)) {
        MemorySegment.copy(
            graph.level0, HnswIndex.FLOAT, graph.vectorStart(slot), query, 0, query.length);
        float[] nearest = nearest();
        List<HnswSearch.Neighbour> answer = search.nearest(query, NEIGHBOURS, EF);
        wanted += nearest.length;
        found += hits(answer, nearest);
      }
    }
    return wanted == 0 ? 1 : (double) found / wanted;
  }

  /// Elements at the same distance stand in for each other.
  private static long hits(List<HnswSearch.Neighbour> answer, float[] nearest) {
    float farthest = nearest[nearest.length - 1];
    float slack = EQUAL * Math.max(1, Math.abs(farthest));
    long within =
        answer.stream().filter(neighbour -> neighbour.distance() <= farthest + slack).count();
    return Math.min(within, nearest.length);
  }

  /// The distances of the nearest live elements, rising.
  private float[] nearest() {
    float[] best = new float[Math.min(NEIGHBOURS, count)];
    Arrays.fill(best, Float.POSITIVE_INFINITY);
    int kept = 0;
    for (int slot = 0; slot < count; slot++) {
      if (!index.deleted(slot)) {
        float distance = graph.distance.of(query, graph.level0, graph.vectorStart(slot));
        if (distance < best[best.length - 1]) {
          int at = -1 - Arrays.binarySearch(best, distance);
          at = at < 0 ? -1 - at : at;
          System.arraycopy(best, at, best, at + 1, best.length - 1 - at);
          best[at] = distance;
        }
        kept = Math.min(kept + 1, best.length);
      }
    }
    return Arrays.copyOf(best, kept);
  }
}
