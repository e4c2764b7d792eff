package palace.common.hnsw;

import java.lang.foreign.MemorySegment;
import java.util.BitSet;

/// Makes every element of a graph reachable from the entry point on level 0.
///
/// hnswlib's pruning can take the last link to an element away; no search finds it then. Each such
/// stray gets a link from an element near it that is reached and has room. Where none has, the link
/// replaces another one, whose target the stray then takes over: what was reached stays reached,
/// and no list grows beyond its bound.
final class Reach {
  private static final int WIDTH = 64;

  private final Graph graph;
  private final Beam beam;
  private final BitSet reached;
  private final int[] queue;
  private final int[] links;
  private final int[] own;
  private final float[] query;

  Reach(Graph graph, Beam beam) {
    this.graph = graph;
    this.beam = beam;
    int most = graph.layout.mostNeighbours(0);
    reached = new BitSet(graph.count());
    queue = new int[graph.count()];
    links = new int[most];
    own = new int[most];
    query = new float[graph.layout.dimension()];
  }

  /// Links all strays.
  ///
  /// @return how many there were
  int linkStrays() {
    if (graph.count() == 0) {
      return 0;
    }
    spread(graph.entryPoint());
    int strays = 0;
    for (int slot = reached.nextClearBit(0);
        slot < graph.count();
        slot = reached.nextClearBit(slot)) {
      adopt(slot);
      spread(slot);
      strays++;
    }
    return strays;
  }

  private void spread(int start) {
    int tail = 0;
    queue[tail++] = start;
    reached.set(start);
    for (int head = 0; head < tail; head++) {
      int number = graph.neighbours(queue[head], 0, links);
      for (int i = 0; i < number; i++) {
        if (!reached.get(links[i])) {
          reached.set(links[i]);
          queue[tail++] = links[i];
        }
      }
    }
  }

  private void adopt(int stray) {
    MemorySegment.copy(
        graph.level0, HnswIndex.FLOAT, graph.vectorStart(stray), query, 0, query.length);
    int start = beam.descend(query, graph.entryPoint(), graph.maxLevel(), 0);
    int near = beam.search(query, reached.get(start) ? start : graph.entryPoint(), 0, WIDTH);
    int nearest = graph.entryPoint();
    for (int i = near - 1; i >= 0; i--) {
      int candidate = Beam.slot(beam.found()[i]);
      if (reached.get(candidate)) {
        nearest = candidate;
      }
    }
    for (int i = 0; i < near; i++) {
      int candidate = Beam.slot(beam.found()[i]);
      if (reached.get(candidate) && linkWhereRoom(candidate, stray)) {
        return;
      }
    }
    replaceLastLink(nearest, stray);
  }

  private boolean linkWhereRoom(int from, int stray) {
    int number = graph.neighbours(from, 0, links);
    if (number == links.length) {
      return false;
    }
    links[number] = stray;
    graph.link(from, 0, links, number + 1);
    return true;
  }

  private void replaceLastLink(int from, int stray) {
    int number = graph.neighbours(from, 0, links);
    if (number < links.length) {
      linkWhereRoom(from, stray);
      return;
    }
    int displaced = links[number - 1];
    links[number - 1] = stray;
    graph.link(from, 0, links, number);
    int ownNumber = graph.neighbours(stray, 0, own);
    for (int i = 0; i < ownNumber; i++) {
      if (own[i] == displaced) {
        return;
      }
    }
    // A stray's own links hold nobody: whoever is reached is reached without it.
    own[Math.min(ownNumber, own.length - 1)] = displaced;
    graph.link(stray, 0, own, Math.min(ownNumber + 1, own.length));
  }
}
