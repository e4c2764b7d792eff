package palace.common.hnsw;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Nearest-neighbour search in an index, as Chroma would do it; for one thread. The index must stay
/// open meanwhile.
public final class HnswSearch {
  private final HnswIndex index;
  private final Graph graph;
  private final Beam beam;

  /// An element found by a search.
  ///
  /// @param slot where it stands
  /// @param label its label
  /// @param distance its distance in the space of the search
  public record Neighbour(int slot, long label, float distance) {}

  private HnswSearch(HnswIndex index, Graph graph) {
    this.index = index;
    this.graph = graph;
    this.beam = new Beam(graph, graph.count());
  }

  /// Prepares searches; false links are stepped over, so that any index whose header is sound can
  /// be searched.
  ///
  /// @throws palace.common.PalaceException.Refused when the header is not sound
  public static HnswSearch over(HnswIndex index, Space space) throws IOException {
    return new HnswSearch(
        index, Graph.read(index, space, index.level0(), index.elementCount()));
  }

  /// Finds the nearest elements that are not deleted.
  ///
  /// @param query in the form in which the space stores vectors: see [Space#toStored(float[])]
  /// @param k how many
  /// @param ef beam width, at least `k`
  /// @return nearest first; fewer than `k` when the graph has or reaches no more
  public List<Neighbour> nearest(float[] query, int k, int ef) {
    if (query.length != graph.layout.dimension() || k < 1 || ef < k) {
      throw new IllegalArgumentException(query.length + " components, k " + k + ", ef " + ef);
    }
    var nearest = new ArrayList<Neighbour>();
    if (graph.entryPoint() < 0) {
      return nearest;
    }
    int start = beam.descend(query, graph.entryPoint(), graph.maxLevel(), 0);
    int number = Math.min(k, beam.search(query, start, 0, ef));
    for (int i = 0; i < number; i++) {
      long finding = beam.found()[i];
      int slot = Beam.slot(finding);
      nearest.add(new Neighbour(slot, index.label(slot), Beam.distance(finding)));
    }
    return nearest;
  }
}
