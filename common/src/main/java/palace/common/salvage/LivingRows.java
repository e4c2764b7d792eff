package palace.common.salvage;

import java.io.IOException;
import palace.common.chroma.ChromaDatabase;
import palace.common.sqlite.RowidRange;

/// Takes rows out again that came from pages without a parent and may have been deleted long ago.
/// It matters only where not every free page is known: a whole index that lacks a row proves it
/// deleted, and metadata without a drawer is nobody's.
final class LivingRows {
  private final Survey survey;
  private final ChromaDatabase database;

  LivingRows(Survey survey, ChromaDatabase database) {
    this.survey = survey;
    this.database = database;
  }

  /// Keeps of the rows in the holes of a table those that an index names, if it is whole.
  void keepNamed(TableLoad load, String index, String shape) throws IOException {
    IndexEntries entries = new IndexEntries(survey, index, shape);
    if (isCertain() || load.strayPages() == 0 || !entries.isWhole()) {
      return;
    }
    database.execute("CREATE TEMP TABLE IF NOT EXISTS living (row INTEGER PRIMARY KEY)");
    database.execute("DELETE FROM living");
    var living = new Arguments(database, "INSERT OR IGNORE INTO living VALUES (?)");
    entries.each((entry, rowid) -> living.add(rowid));
    living.flush();
    deleteInHoles(load, "rowid NOT IN (SELECT row FROM living)");
  }

  /// Keeps of the rows in the holes of a table those whose drawer is there.
  void keepOwned(TableLoad load) throws IOException {
    if (!isCertain()) {
      deleteInHoles(load, "id NOT IN (SELECT id FROM embeddings)");
    }
  }

  private boolean isCertain() {
    return survey.free().isComplete();
  }

  private void deleteInHoles(TableLoad load, String which) throws IOException {
    for (RowidRange hole : load.holes().ranges()) {
      database.execute(
          "DELETE FROM %s WHERE rowid BETWEEN ? AND ? AND %s".formatted(load.table(), which),
          hole.first(),
          hole.last());
    }
  }
}
