package palace.common.hnsw;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/// Checks the links of all elements on all levels, and which live elements a search can reach.
///
/// A list has no more neighbours than fit; each neighbour is another element of the index, stands
/// on that level, and occurs once. Reachable is what a walk from the entry point over all levels
/// meets: a greedy descent may begin level 0 anywhere.
final class GraphCheck {
  /// One stray in so many elements is what hnswlib leaves anyhow.
  private static final int FEW = 20;

  private final HnswIndex index;
  private final Space space;
  private final LinkLists lists;
  private final IndexLayout layout;
  private final int count;
  private final List<IndexFault> faults;
  private final int[] seenBy;
  private final Tally tooMany = new Tally();
  private final Tally outOfRange = new Tally();
  private final Tally tooLow = new Tally();
  private final Tally self = new Tally();
  private final Tally twice = new Tally();
  private int list;

  GraphCheck(HnswIndex index, Space space, LinkLists lists, int count, List<IndexFault> faults) {
    this.index = index;
    this.space = space;
    this.lists = lists;
    this.layout = index.layout().orElseThrow();
    this.count = count;
    this.faults = faults;
    seenBy = new int[count];
  }

  void examine() {
    for (int slot = 0; slot < count; slot++) {
      for (int level = 0; level <= lists.level(slot); level++) {
        examineList(slot, level);
      }
    }
    report();
    examineReach();
  }

  private void examineList(int slot, int level) {
    nextList();
    if (claimed(slot, level) > layout.mostNeighbours(level)) {
      tooMany.add(slot, level);
    }
    int links = links(slot, level);
    for (int rank = 0; rank < links; rank++) {
      long neighbour = neighbour(slot, level, rank);
      if (neighbour >= count) {
        outOfRange.add(slot, level);
      } else if (neighbour == slot) {
        self.add(slot, level);
      } else {
        examineNeighbour(slot, level, (int) neighbour);
      }
    }
  }

  private void examineNeighbour(int slot, int level, int neighbour) {
    if (lists.level(neighbour) < level) {
      tooLow.add(slot, level);
    }
    if (seenBy[neighbour] == list) {
      twice.add(slot, level);
    }
    seenBy[neighbour] = list;
  }

  private void nextList() {
    if (++list == 0) {
      Arrays.fill(seenBy, 0);
      list = 1;
    }
  }

  private int claimed(int slot, int level) {
    return level == 0 ? index.neighbourCount(slot) : lists.neighbourCount(slot, level);
  }

  private int links(int slot, int level) {
    return Math.min(claimed(slot, level), layout.mostNeighbours(level));
  }

  private long neighbour(int slot, int level, int rank) {
    return level == 0 ? index.neighbour(slot, rank) : lists.neighbour(slot, level, rank);
  }

  private void report() {
    if (tooMany.any()) {
      faults.add(
          new IndexFault.NeighbourCountTooHigh(
              tooMany.count(), tooMany.firstSlot(), tooMany.firstLevel()));
    }
    if (outOfRange.any()) {
      faults.add(
          new IndexFault.NeighbourOutOfRange(
              outOfRange.count(), outOfRange.firstSlot(), outOfRange.firstLevel()));
    }
    if (tooLow.any() && lists.ending() instanceof LinkLists.Ending.Whole) {
      faults.add(
          new IndexFault.NeighbourLevelTooLow(
              tooLow.count(), tooLow.firstSlot(), tooLow.firstLevel()));
    }
    if (self.any()) {
      faults.add(new IndexFault.SelfLinks(self.count(), self.firstSlot(), self.firstLevel()));
    }
    if (twice.any()) {
      faults.add(
          new IndexFault.DuplicateLinks(twice.count(), twice.firstSlot(), twice.firstLevel()));
    }
  }

  private void examineReach() {
    long entryPoint = index.header().orElseThrow().entryPoint();
    if (entryPoint >= count) {
      return;
    }
    var reached = reachedFrom((int) entryPoint);
    var strays = new Tally();
    long live = 0;
    for (int slot = 0; slot < count; slot++) {
      if (!index.deleted(slot)) {
        live++;
        if (!reached.get(slot)) {
          strays.add(slot);
        }
      }
    }
    if (strays.any()) {
      double recall = strays.count() > live / FEW ? SearchSample.recall(index, space) : 1;
      faults.add(new IndexFault.Unreachable(strays.count(), live, strays.firstSlot(), recall));
    }
  }

  private BitSet reachedFrom(int entryPoint) {
    var reached = new BitSet(count);
    int[] queue = seenBy;
    int tail = 0;
    queue[tail++] = entryPoint;
    reached.set(entryPoint);
    for (int head = 0; head < tail; head++) {
      int slot = queue[head];
      for (int level = 0; level <= lists.level(slot); level++) {
        int links = links(slot, level);
        for (int rank = 0; rank < links; rank++) {
          long neighbour = neighbour(slot, level, rank);
          if (neighbour < count && !reached.get((int) neighbour)) {
            reached.set((int) neighbour);
            queue[tail++] = (int) neighbour;
          }
        }
      }
    }
    return reached;
  }
}
