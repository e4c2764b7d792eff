package palace.common.salvage;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import palace.common.chroma.ChromaDatabase;
import palace.common.sqlite.BtreePage;
import palace.common.sqlite.RecordReader;
import palace.common.sqlite.RowidRange;
import palace.common.sqlite.SqliteRecord;
import palace.common.sqlite.SqliteValue;

/// Fills one table of the fresh database: first from the pages that its tree leads to, then, for
/// the rowids that the tree does not cover, from those that no tree leads to.
///
/// **The rule about deleted rows.** A page that is known to be free is never read. As long as the
/// whole freelist is known, every other page is in use. Otherwise a page without a parent may be
/// free or not; then it counts only where the table misses rows, pages that an interior page names
/// come first, and no page counts whose rowids overlap those of one that counts already: the leaves
/// of one table are apart, so one of the two is old. What [LivingRows] can prove deleted goes
/// again; a row of the queue that was purged may stay, and the report says so.
final class TableLoad {
  private static final int QUEUE_VECTOR = 5;
  private static final int QUEUE_ENCODING = 6;
  private static final int COLLECTION_NAME = 1;

  private final Survey survey;
  private final ChromaDatabase database;
  private final ChromaTable table;
  private final RowWriter writer;
  private final Holes holes;
  private final List<SqliteRecord> torn = new ArrayList<>();
  private long strayPages;
  private long fromTree;
  private long overlapping;
  private long withoutPart;
  private long lostPart;

  TableLoad(Survey survey, ChromaDatabase database, ChromaTable table) throws IOException {
    this.survey = survey;
    this.database = database;
    this.table = table;
    this.writer = new RowWriter(database, table.table());
    this.holes = new Holes(survey.tree(table).holes());
  }

  /// Does it.
  void run() throws IOException {
    RecordReader records = RecordReader.ofWholeRecords(survey.file());
    for (long number : survey.tree(table).content()) {
      var page = survey.file().page(number);
      if (page.isPresent()) {
        load(records.readAll(page.get()));
      }
    }
    writer.flush();
    fromTree = writer.added();
    for (StrayPage stray : trustworthy()) {
      var page = survey.file().page(stray.number());
      if (page.isPresent()) {
        loadStray(page.get(), records);
      }
    }
    writer.flush();
  }

  private void load(List<SqliteRecord> rows) throws IOException {
    boolean known = rows.stream().anyMatch(table::fits);
    if (!known && !rows.isEmpty()) {
      holes.add(new RowidRange(rows.getFirst().rowid(), rows.getLast().rowid()));
      return;
    }
    for (SqliteRecord row : rows) {
      add(row);
    }
  }

  private void loadStray(BtreePage page, RecordReader records) throws IOException {
    strayPages++;
    for (SqliteRecord row : records.readAll(page)) {
      if (holes.contain(row.rowid())) {
        add(row);
      }
    }
  }

  private void add(SqliteRecord row) throws IOException {
    if (row.isWhole()) {
      writer.add(row);
      return;
    }
    if (table == ChromaTable.EMBEDDING_METADATA && row.values().size() >= 2) {
      torn.add(new SqliteRecord(row.rowid(), List.copyOf(row.values().subList(0, 2)), row.count()));
    }
    lostPart++;
    if (table == ChromaTable.QUEUE && row.values().size() > QUEUE_VECTOR) {
      writer.add(withEncoding(row));
      withoutPart++;
    } else if (table == ChromaTable.COLLECTIONS && row.values().size() > COLLECTION_NAME + 2) {
      writer.add(row);
      withoutPart++;
    }
  }

  /// The only encoding that any Chroma has written.
  private static SqliteRecord withEncoding(SqliteRecord row) {
    var values = new ArrayList<>(row.values().subList(0, QUEUE_ENCODING));
    if (values.get(QUEUE_VECTOR) instanceof SqliteValue.Blob) {
      values.add(new SqliteValue.Text("FLOAT32".getBytes(StandardCharsets.US_ASCII)));
    }
    return new SqliteRecord(row.rowid(), values, row.count());
  }

  /// {@return the pages without a parent that count, those that an interior page names first}
  private List<StrayPage> trustworthy() {
    List<StrayPage> candidates =
        survey.strays(table).stream()
            .filter(page -> holes.meet(page.rowids()))
            .sorted(Comparator.comparing(page -> !page.claimed()))
            .toList();
    var taken = new Holes(List.of());
    var chosen = new ArrayList<StrayPage>();
    for (StrayPage page : candidates) {
      if (!taken.meet(page.rowids())) {
        taken.add(page.rowids());
        chosen.add(page);
      } else {
        overlapping++;
      }
    }
    return chosen;
  }

  /// {@return where the table's tree covers no rows}
  Holes holes() {
    return holes;
  }

  /// {@return id and key of the drawers' metadata rows whose value is lost}
  List<SqliteRecord> torn() {
    return torn;
  }

  /// {@return how many rows the tree led to}
  long fromTree() {
    return fromTree;
  }

  /// {@return how many rows were left out because their key was there}
  long duplicates() {
    return writer.leftOut();
  }

  /// {@return how many pages without a parent were read}
  long strayPages() {
    return strayPages;
  }

  /// {@return how many pages without a parent were left alone because they are old}
  long overlapping() {
    return overlapping;
  }

  /// {@return how many rows have lost a part}
  long lostPart() {
    return lostPart;
  }

  /// {@return how many rows were written without a part of theirs}
  long withoutPart() {
    return withoutPart;
  }

  /// {@return the table's name}
  String table() {
    return table.table();
  }

  /// {@return how many rows the table has now}
  long rows() throws IOException {
    return database.number("SELECT count(*) FROM " + table.table());
  }
}
