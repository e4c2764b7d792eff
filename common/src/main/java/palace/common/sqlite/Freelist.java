package palace.common.sqlite;

import java.util.BitSet;
import java.util.stream.IntStream;

/// The pages that SQLite keeps for later. They hold what was deleted: no row of theirs is one.
///
/// A trunk page is the number of the next trunk u32, how many pages it lists u32, and their
/// numbers; what follows, and every listed page, is whatever stood there before.
public final class Freelist {
  private final PageFile file;
  private final BitSet pages = new BitSet();
  private final BitSet trunks = new BitSet();
  private boolean complete;

  private Freelist(PageFile file) {
    this.file = file;
  }

  /// Follows the freelist from the header as far as it goes.
  public static Freelist of(PageFile file) {
    Freelist list = new Freelist(file);
    list.complete = file.shape().headerIntact() && list.follow(file.shape().firstTrunk());
    return list;
  }

  private boolean follow(long first) {
    long trunk = first;
    while (trunk != 0) {
      if (!isTrunk(trunk) || pages.get((int) trunk)) {
        return false;
      }
      trunk = take(trunk);
    }
    return pages.cardinality() == file.shape().freePages();
  }

  private long take(long trunk) {
    byte[] bytes = file.bytes(trunk);
    pages.set((int) trunk);
    trunks.set((int) trunk);
    int listed = (int) Octets.u32(bytes, 4);
    for (int i = 0; i < listed; i++) {
      pages.set((int) Octets.u32(bytes, 8 + 4 * i));
    }
    return Octets.u32(bytes, 0);
  }

  /// Takes in the trunk pages that the list no longer leads to, recognised by their own bytes:
  /// every page they list exists, and no tree uses it.
  ///
  /// @param reached the pages that trees use
  public void takeStrayTrunks(BitSet reached) {
    for (long number = 2; !complete && number <= file.shape().pages(); number++) {
      if (number > Integer.MAX_VALUE || reached.get((int) number) || pages.get((int) number)) {
        continue;
      }
      if (isTrunk(number) && listsOnlyUnused(number, reached)) {
        take(number);
      }
    }
  }

  private boolean isTrunk(long number) {
    if (number < 2 || !file.shape().has(number) || number > Integer.MAX_VALUE) {
      return false;
    }
    byte[] bytes = file.bytes(number);
    long next = Octets.u32(bytes, 0);
    long listed = Octets.u32(bytes, 4);
    if (next != 0 && !file.shape().has(next) || listed > file.shape().usable() / 4 - 2) {
      return false;
    }
    for (int i = 0; i < listed; i++) {
      long page = Octets.u32(bytes, 8 + 4 * i);
      if (page < 2 || !file.shape().has(page) || page > Integer.MAX_VALUE) {
        return false;
      }
    }
    return true;
  }

  private boolean listsOnlyUnused(long trunk, BitSet reached) {
    byte[] bytes = file.bytes(trunk);
    int listed = (int) Octets.u32(bytes, 4);
    var seen = new BitSet();
    for (int i = 0; i < listed; i++) {
      int page = (int) Octets.u32(bytes, 8 + 4 * i);
      if (reached.get(page) || page == trunk || seen.get(page)) {
        return false;
      }
      seen.set(page);
    }
    return listed > 0;
  }

  /// {@return whether a page is known to be free}
  public boolean contains(long page) {
    return page <= Integer.MAX_VALUE && pages.get((int) page);
  }

  /// {@return whether a page is known to be free and was not written to since: unlike a trunk}
  public boolean keeps(long page) {
    return contains(page) && !trunks.get((int) page);
  }

  /// {@return the numbers of the pages that are known to be free, the lowest first}
  public IntStream numbers() {
    return pages.stream();
  }

  /// {@return how many pages are known to be free}
  public long size() {
    return pages.cardinality();
  }

  /// {@return whether every free page is known: the header is intact and the list as long as it
  /// says}
  public boolean isComplete() {
    return complete;
  }
}
