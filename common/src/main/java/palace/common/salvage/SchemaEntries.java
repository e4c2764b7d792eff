package palace.common.salvage;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import palace.common.sqlite.BtreePage;
import palace.common.sqlite.PageFile;
import palace.common.sqlite.RecordReader;
import palace.common.sqlite.SqliteRecord;
import palace.common.sqlite.SqliteValue;
import palace.common.sqlite.Tree;

/// The rows of `sqlite_master`: those that page 1 leads to, and for names that are missing among
/// them those of pages that nothing leads to, if their root page is what they say.
final class SchemaEntries {
  private static final Shape SHAPE = new Shape("tttis");
  private static final Set<String> TYPES = Set.of("table", "index", "view", "trigger");

  private final PageFile file;
  private final Map<String, SchemaEntry> reached = new HashMap<>();
  private final Map<String, List<SchemaEntry>> stray = new HashMap<>();
  private long damaged;

  private SchemaEntries(PageFile file) {
    this.file = file;
  }

  /// Follows page 1, and marks its tree's pages in `pages`.
  static SchemaEntries of(PageFile file, BitSet pages) {
    var entries = new SchemaEntries(file);
    RecordReader records = RecordReader.ofWholeRecords(file);
    Tree tree = Tree.ofTable(file, 1, pages);
    entries.damaged = tree.damaged();
    for (long number : tree.content()) {
      file.page(number)
          .ifPresent(page ->
              records.readAll(page).stream()
                  .flatMap(found -> entry(found).stream())
                  .forEach(entry -> entries.reached.put(entry.name(), entry)));
    }
    return entries;
  }

  /// Takes in the rows of a page that nothing leads to; says whether it had any.
  boolean takeStray(BtreePage page, RecordReader records) {
    var found = new ArrayList<SchemaEntry>();
    records.readAll(page).forEach(row -> entry(row).ifPresent(found::add));
    found.forEach(
        entry -> stray.computeIfAbsent(entry.name(), name -> new ArrayList<>()).add(entry));
    return !found.isEmpty();
  }

  private static Optional<SchemaEntry> entry(SqliteRecord found) {
    String type = ChromaTable.text(found, 0);
    if (!SHAPE.fits(found) || !TYPES.contains(type) || found.values().size() < 4) {
      return Optional.empty();
    }
    long root = found.values().get(3) instanceof SqliteValue.Whole number ? number.value() : 0;
    return Optional.of(
        new SchemaEntry(type, ChromaTable.text(found, 1), root, ChromaTable.text(found, 4)));
  }

  /// {@return the row of a table or index whose root is a page of that kind}
  Optional<SchemaEntry> find(String name) {
    SchemaEntry direct = reached.get(name);
    if (direct != null) {
      return Optional.of(direct);
    }
    return stray.getOrDefault(name, List.of()).stream().filter(this::hasItsRoot).findFirst();
  }

  private boolean hasItsRoot(SchemaEntry entry) {
    return entry.root() == 0
        || file.page(entry.root())
            .map(page -> page.kind().isTable() == entry.type().equals("table"))
            .orElse(false);
  }

  /// {@return how a table or index was made, "" when that is lost}
  String sql(String name) {
    return find(name).map(SchemaEntry::sql).orElse("");
  }

  /// {@return every table and index that is known, one row for each name}
  List<SchemaEntry> entries() {
    var names = new TreeSet<String>(reached.keySet());
    names.addAll(stray.keySet());
    return names.stream().flatMap(name -> find(name).stream()).toList();
  }

  /// {@return how many pages of its tree are not, or not wholly, what they should be}
  long damaged() {
    return damaged;
  }

  /// {@return whether not one row is left}
  boolean isEmpty() {
    return reached.isEmpty() && stray.isEmpty();
  }
}
