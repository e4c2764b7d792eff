package palace.common.hnsw;

/// How often something was seen, and where first.
final class Tally {
  private long count;
  private int firstSlot = -1;
  private int firstLevel;

  void add(int slot, int level) {
    if (count++ == 0) {
      firstSlot = slot;
      firstLevel = level;
    }
  }

  void add(int slot) {
    add(slot, 0);
  }

  boolean any() {
    return count > 0;
  }

  long count() {
    return count;
  }

  int firstSlot() {
    return firstSlot;
  }

  int firstLevel() {
    return firstLevel;
  }
}
