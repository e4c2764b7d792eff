package palace.common.sqlite;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/// The pages that a root leads to. A child counts only if it is of the right kind, was not met
/// before and its rowids lie where its parent says; where one does not, the rowids it covered are a
/// hole.
public final class Tree {
  private static final int DEEPEST = 40;

  private final PageFile file;
  private final boolean table;
  private final BitSet reached;
  private final PageList content = new PageList();
  private final List<RowidRange> holes = new ArrayList<>();
  private long damaged;

  private Tree(PageFile file, boolean table, BitSet reached) {
    this.file = file;
    this.table = table;
    this.reached = reached;
  }

  /// Follows a table's root, and marks in `reached` what belongs to it.
  public static Tree ofTable(PageFile file, long root, BitSet reached) {
    return new Tree(file, true, reached).follow(root);
  }

  /// Follows an index's root, and marks in `reached` what belongs to it.
  public static Tree ofIndex(PageFile file, long root, BitSet reached) {
    return new Tree(file, false, reached).follow(root);
  }

  /// {@return a tree whose root is lost: no page, and one hole that is everything}
  public static Tree lost(PageFile file) {
    Tree tree = new Tree(file, true, new BitSet());
    tree.holes.add(RowidRange.ALL);
    return tree;
  }

  private Tree follow(long root) {
    visit(root, RowidRange.ALL, 0);
    return this;
  }

  /// {@return the pages with rows or entries, in the order of their keys}
  public PageList content() {
    return content;
  }

  /// {@return where rows of a table may be missing, ascending and apart; the entries of an index
  /// have no rowids, so that any hole in it is everything}
  public List<RowidRange> holes() {
    return List.copyOf(holes);
  }

  /// {@return how many pages are not, or not wholly, what they should be}
  public long damaged() {
    return damaged;
  }

  private void visit(long number, RowidRange range, int depth) {
    Optional<BtreePage> found =
        depth > DEEPEST || isReached(number) ? Optional.empty() : at(number);
    if (found.isEmpty() || !fits(found.get(), range)) {
      damaged++;
      lose(range);
      return;
    }
    reached.set((int) number);
    BtreePage page = found.get();
    if (page.kind().isInterior()) {
      if (!table) {
        content.add(number);
      }
      visitChildren(page, range, depth);
    } else {
      content.add(number);
      loseBrokenCells(page, range);
    }
  }

  private boolean isReached(long number) {
    return number < 1 || number > Integer.MAX_VALUE || reached.get((int) number);
  }

  private Optional<BtreePage> at(long number) {
    return file.page(number).filter(page -> page.kind().isTable() == table);
  }

  /// A page that was written over by another one has other rowids.
  private boolean fits(BtreePage page, RowidRange range) {
    if (!table) {
      return true;
    }
    boolean any = page.cells() == 0;
    for (int i = 0; i < page.cells(); i++) {
      Optional<Cell> cell = page.cell(i);
      if (cell.isPresent() && !range.contains(cell.get().rowid())) {
        return false;
      }
      any |= cell.isPresent();
    }
    return any;
  }

  private void visitChildren(BtreePage page, RowidRange range, int depth) {
    long first = range.first();
    boolean whole = true;
    for (int i = 0; i < page.cells(); i++) {
      Optional<Cell> cell = page.cell(i).filter(file -> file.child() != 0);
      if (cell.isEmpty()) {
        whole = false;
        continue;
      }
      long last = table ? cell.get().rowid() : range.last();
      if (first <= last) {
        visit(cell.get().child(), new RowidRange(first, last), depth + 1);
      }
      first = table && last != Long.MAX_VALUE ? last + 1 : first;
    }
    if (!whole) {
      damaged++;
      lose(range);
    }
    if (first <= range.last()) {
      visit(page.rightmostChild(), new RowidRange(first, range.last()), depth + 1);
    }
  }

  private void loseBrokenCells(BtreePage page, RowidRange range) {
    long first = range.first();
    boolean gap = false;
    boolean any = false;
    for (int i = 0; i < page.cells(); i++) {
      Optional<Cell> cell = page.cell(i);
      if (cell.isEmpty()) {
        gap = true;
      } else {
        long rowid = cell.get().rowid();
        if (gap && table && first < rowid) {
          lose(new RowidRange(first, rowid - 1));
        } else if (gap && !table) {
          lose(range);
        }
        any |= gap;
        gap = false;
        first = rowid == Long.MAX_VALUE ? rowid : rowid + 1;
      }
    }
    if (gap && first <= range.last()) {
      lose(new RowidRange(first, range.last()));
    }
    damaged += gap || any ? 1 : 0;
  }

  private void lose(RowidRange range) {
    if (holes.isEmpty()) {
      holes.add(range);
      return;
    }
    RowidRange before = holes.getLast();
    boolean adjacent = before.last() == Long.MAX_VALUE || range.first() <= before.last() + 1;
    if (adjacent) {
      holes.set(
          holes.size() - 1,
          new RowidRange(
              Math.min(before.first(), range.first()), Math.max(before.last(), range.last())));
    } else {
      holes.add(range);
    }
  }
}
