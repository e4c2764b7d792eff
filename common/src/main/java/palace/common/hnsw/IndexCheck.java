package palace.common.hnsw;

import java.util.ArrayList;
import java.util.List;
import palace.common.pickle.IndexMetadata;

/// Looks at an index and says what is wrong with it, in time and memory linear in its elements.
///
/// The order is: the header by itself, the sizes of the files, the levels, then, when there are
/// elements to speak of, their labels and vectors, their links, what a search can reach, and last
/// how the pickle agrees. Whatever a damage makes meaningless is not examined: without a trusted
/// header no links are, without any layout no vectors are.
public final class IndexCheck {
  /// Rust releases keep labels in 32 bits.
  public static final long LARGEST_LABEL = 0xFFFF_FFFFL;

  private final HnswIndex index;
  private final Space space;
  private final List<IndexFault> faults = new ArrayList<>();

  private IndexCheck(HnswIndex index, Space space) {
    this.index = index;
    this.space = space;
  }

  /// Examines the files of an index.
  ///
  /// @return one fault per kind; empty when it is sound
  public static List<IndexFault> examine(HnswIndex index, Space space) {
    var check = new IndexCheck(index, space);
    check.examineFiles();
    return check.faults;
  }

  /// Examines the files of an index and how its pickle agrees with them.
  ///
  /// @return one fault per kind; empty when it is sound
  public static List<IndexFault> examine(HnswIndex index, Space space, IndexMetadata metadata) {
    var check = new IndexCheck(index, space);
    check.examineFiles();
    new PickleCheck(index, metadata, check.faults).examine();
    return check.faults;
  }

  private void examineFiles() {
    for (var file : IndexFile.values()) {
      if (file != IndexFile.PICKLE && !index.has(file)) {
        faults.add(new IndexFault.FileMissing(file));
      }
    }
    new HeaderCheck(index, faults).examine();
    int count = index.elementCount();
    if (index.layout().isEmpty() || count == 0) {
      return;
    }
    if (index.headerIsTrusted()) {
      new ElementCheck(index, space, faults).examine(count);
      examineLinks(count);
    }
  }

  /// Links of elements that the file does not hold any more would all seem to lead nowhere; that
  /// the file is too short is said already.
  private void examineLinks(int count) {
    var layout = index.layout().orElseThrow();
    var lists = LinkLists.read(index.linkListBytes(), layout, count);
    boolean isComplete = index.header().orElseThrow().elementCount() == count;
    if (index.has(IndexFile.LINK_LISTS)) {
      examineEnding(lists, layout, count, isComplete);
    }
    if (isComplete) {
      if (lists.ending() instanceof LinkLists.Ending.Whole) {
        examineLevels(lists, count);
      }
      new GraphCheck(index, space, lists, count, faults).examine();
    }
  }

  private void examineEnding(LinkLists lists, IndexLayout layout, int count, boolean isComplete) {
    long found = index.fileBytes(IndexFile.LINK_LISTS);
    boolean isDisproved = examineCount(layout, count);
    switch (lists.ending()) {
      case LinkLists.Ending.SizeImpossible(int slot, long size) ->
          faults.add(new IndexFault.LinkListSizeImpossible(slot, size, layout.linkBlockBytes()));
      case LinkLists.Ending.TooShort(int slot) ->
          faults.add(new IndexFault.LinkListsTooShort(slot, count, found));
      case LinkLists.Ending.Whole(long end) -> {
        if (end < found && isComplete && !isDisproved) {
          faults.add(new IndexFault.LinkListsTooLong(end, found));
        }
      }
    }
  }

  /// Lists that end exactly with the file prove how many elements there are.
  private boolean examineCount(IndexLayout layout, int count) {
    long headerCount = index.header().orElseThrow().elementCount();
    long proven = LinkLists.countToEnd(index.linkListBytes(), layout, index.slotCount());
    boolean isDisproved =
        proven > 0 && proven != headerCount && (proven > count || headerCount != count);
    if (isDisproved) {
      faults.add(new IndexFault.CountDisagreesWithFile(headerCount, proven));
    }
    return isDisproved;
  }

  private void examineLevels(LinkLists lists, int count) {
    var header = index.header().orElseThrow();
    int highest = 0;
    for (int slot = 0; slot < count; slot++) {
      highest = Math.max(highest, lists.level(slot));
    }
    if (header.entryPoint() < count) {
      int entryLevel = lists.level((int) header.entryPoint());
      if (header.maxLevel() != highest || entryLevel != highest) {
        faults.add(new IndexFault.LevelWrong(header.maxLevel(), highest, entryLevel));
      }
    }
  }
}
