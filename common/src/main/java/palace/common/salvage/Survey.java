package palace.common.salvage;

import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import palace.common.Progress;
import palace.common.sqlite.BtreePage;
import palace.common.sqlite.Cell;
import palace.common.sqlite.Freelist;
import palace.common.sqlite.PageFile;
import palace.common.sqlite.PageKind;
import palace.common.sqlite.PageList;
import palace.common.sqlite.RecordReader;
import palace.common.sqlite.SqliteRecord;
import palace.common.sqlite.Tree;

/// What is where in a damaged file: the trees of its tables and indexes, the pages that no tree
/// leads to, and those that are known to be free.
///
/// Kept are page numbers: a few bits for every page, 8 bytes for every one that a tree leads to,
/// and under 100 for every one that none leads to.
final class Survey {
  private final PageFile file;
  private final BitSet reached = new BitSet();
  private final BitSet claimed = new BitSet();
  private final Freelist free;
  private final SchemaEntries schema;
  private final Map<ChromaTable, Tree> tables = new EnumMap<>(ChromaTable.class);
  private final Map<String, Tree> indexes = new HashMap<>();
  private final StrayLeaves leaves = new StrayLeaves(claimed);
  private final PageList strayIndexPages = new PageList();
  private long damaged;

  private Survey(PageFile file) {
    this.file = file;
    this.free = Freelist.of(file);
    this.schema = SchemaEntries.of(file, reached);
  }

  /// Reads the whole file, page by page.
  static Survey of(PageFile file, Progress progress) {
    Survey survey = new Survey(file);
    survey.findLostSchema();
    survey.followRoots();
    survey.free.takeStrayTrunks(survey.reached);
    try (Progress.Step step = progress.start("reading pages", file.shape().pages(), "pages")) {
      survey.findClaims();
      survey.findStrays(step);
    }
    survey.leaves.settle(survey.holes());
    return survey;
  }

  private void findLostSchema() {
    if (schema.damaged() == 0) {
      return;
    }
    damaged += schema.damaged();
    RecordReader records = RecordReader.ofWholeRecords(file);
    for (long number = 1; number <= file.shape().pages(); number++) {
      strayPage(number)
          .filter(page -> page.kind() == PageKind.TABLE_LEAF)
          .ifPresent(page -> takeSchema(page, records));
    }
  }

  private void takeSchema(BtreePage page, RecordReader records) {
    if (schema.takeStray(page, records)) {
      reached.set((int) page.number());
    }
  }

  private Optional<BtreePage> strayPage(long number) {
    return number > Integer.MAX_VALUE || reached.get((int) number) || free.contains(number)
        ? Optional.empty()
        : file.page(number);
  }

  private void followRoots() {
    for (ChromaTable table : ChromaTable.values()) {
      tables.put(table, treeOf(table));
    }
    for (SchemaEntry entry : schema.entries()) {
      if (ChromaTable.named(entry.name()).isEmpty() && entry.root() > 0) {
        follow(entry);
      }
    }
  }

  private Tree treeOf(ChromaTable table) {
    Optional<SchemaEntry> entry = schema.find(table.table()).filter(found -> found.root() > 1);
    if (entry.isEmpty()) {
      return Tree.lost(file);
    }
    Tree tree = Tree.ofTable(file, entry.get().root(), reached);
    damaged += tree.damaged();
    if (!holdsRowsOf(table, tree)) {
      tree.content().forEach(page -> reached.clear((int) (long) page));
      return Tree.lost(file);
    }
    return tree;
  }

  /// A root that was taken from a page of long ago may be another table's today.
  private boolean holdsRowsOf(ChromaTable table, Tree tree) {
    RecordReader records = RecordReader.ofLocalParts(file);
    for (long number : tree.content()) {
      List<SqliteRecord> rows = file.page(number).map(records::readAll).orElse(List.of());
      if (!rows.isEmpty()) {
        return rows.stream().anyMatch(table::fits);
      }
    }
    return true;
  }

  private void follow(SchemaEntry entry) {
    boolean table = file.page(entry.root()).map(page -> page.kind().isTable()).orElse(false);
    Tree tree =
        table
            ? Tree.ofTable(file, entry.root(), reached)
            : Tree.ofIndex(file, entry.root(), reached);
    damaged += tree.damaged();
    if (!table) {
      indexes.put(entry.name(), tree);
    }
  }

  private void findClaims() {
    for (long number = 1; number <= file.shape().pages(); number++) {
      strayPage(number)
          .filter(page -> page.kind() == PageKind.TABLE_INTERIOR)
          .ifPresent(this::claimChildren);
    }
  }

  private void claimChildren(BtreePage page) {
    claim(page.rightmostChild());
    for (int i = 0; i < page.cells(); i++) {
      page.cell(i).map(Cell::child).ifPresent(this::claim);
    }
  }

  private void claim(long child) {
    if (file.shape().has(child) && child <= Integer.MAX_VALUE) {
      claimed.set((int) child);
    }
  }

  private void findStrays(Progress.Step step) {
    RecordReader records = RecordReader.ofLocalParts(file);
    for (long number = 1; number <= file.shape().pages(); number++) {
      strayPage(number).ifPresent(page -> addStray(page, records));
      step.advance(1);
    }
  }

  private void addStray(BtreePage page, RecordReader records) {
    switch (page.kind()) {
      case TABLE_LEAF -> {
        List<SqliteRecord> rows = records.readAll(page);
        damaged += rows.size() < page.cells() ? 1 : 0;
        if (!rows.isEmpty()) {
          leaves.add(page, rows);
        }
      }
      case INDEX_LEAF, INDEX_INTERIOR -> strayIndexPages.add(page.number());
      case TABLE_INTERIOR -> {}
    }
  }

  private Map<ChromaTable, Holes> holes() {
    var holes = new EnumMap<ChromaTable, Holes>(ChromaTable.class);
    tables.forEach((table, tree) -> holes.put(table, new Holes(tree.holes())));
    return holes;
  }

  /// {@return whether anything at all is Chroma's: a table by its name, or a page by its rows}
  boolean hasAnythingOfChroma() {
    return schema.find(ChromaTable.COLLECTIONS.table()).isPresent()
        || schema.find(ChromaTable.EMBEDDINGS.table()).isPresent()
        || Arrays.stream(ChromaTable.values()).anyMatch(this::isFound);
  }

  private boolean isFound(ChromaTable table) {
    return table != ChromaTable.TENANTS
        && table != ChromaTable.FULL_TEXT
        && (tree(table).content().size() > 0 || !strays(table).isEmpty());
  }

  /// {@return the file}
  PageFile file() {
    return file;
  }

  /// {@return the rows of `sqlite_master`}
  SchemaEntries schema() {
    return schema;
  }

  /// {@return the tree of a table}
  Tree tree(ChromaTable table) {
    return tables.getOrDefault(table, Tree.lost(file));
  }

  /// {@return the tree of an index, if its root is known}
  Optional<Tree> index(String name) {
    return Optional.ofNullable(indexes.get(name));
  }

  /// {@return the pages of a table that no tree leads to}
  List<StrayPage> strays(ChromaTable table) {
    return leaves.of(table);
  }

  /// {@return the pages of indexes that no tree leads to}
  PageList strayIndexPages() {
    return strayIndexPages;
  }

  /// {@return the free pages}
  Freelist free() {
    return free;
  }

  /// {@return how many pages are not, or not wholly, what they should be}
  long damaged() {
    return damaged;
  }

  /// {@return how many pages with rows belong to no table that is known}
  long unknown() {
    return leaves.unknown();
  }
}
