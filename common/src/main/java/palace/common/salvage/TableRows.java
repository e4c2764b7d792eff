package palace.common.salvage;

import java.io.IOException;
import palace.common.sqlite.RecordReader;
import palace.common.sqlite.SqliteRecord;

/// The whole rows of one table, from its tree and then from the pages without a parent.
final class TableRows {
  private final Survey survey;
  private final ChromaTable table;

  TableRows(Survey survey, ChromaTable table) {
    this.survey = survey;
    this.table = table;
  }

  /// Takes one row.
  @FunctionalInterface
  interface Consumer {
    /// Uses it.
    void accept(SqliteRecord row) throws IOException;
  }

  /// Hands over every row.
  void each(Consumer consumer) throws IOException {
    RecordReader records = RecordReader.ofWholeRecords(survey.file());
    for (long number : survey.tree(table).content()) {
      each(number, records, consumer);
    }
    Holes holes = new Holes(survey.tree(table).holes());
    for (StrayPage page : survey.strays(table)) {
      if (holes.meet(page.rowids())) {
        each(page.number(), records, consumer);
      }
    }
  }

  private void each(long number, RecordReader records, Consumer consumer) throws IOException {
    var page = survey.file().page(number);
    if (page.isEmpty()) {
      return;
    }
    for (SqliteRecord row : records.readAll(page.get())) {
      if (row.isWhole() && table.fits(row)) {
        consumer.accept(row);
      }
    }
  }
}
