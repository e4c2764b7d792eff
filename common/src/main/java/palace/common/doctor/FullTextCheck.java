package palace.common.doctor;

import java.io.IOException;
import java.util.List;
import palace.common.chroma.ChromaDatabase;

/// Compares the full-text table with the documents, row by row (S16). Up to 0.4.5 there is another
/// table, which later releases drop.
final class FullTextCheck {
  private static final String TABLE = "embedding_fulltext_search";
  private static final String CONTENT = TABLE + "_content";

  private final Examination examination;

  FullTextCheck(Examination examination) {
    this.examination = examination;
  }

  void run() throws IOException {
    if (!examination.level().hasTrigramFullText()) {
      return;
    }
    boolean complete = true;
    for (String table : List.of(TABLE, CONTENT, TABLE + "_data", TABLE + "_idx")) {
      if (!examination.database().schema().hasTable(table)) {
        examination.found(new FullTextFinding.Missing(table));
        complete = false;
      }
    }
    if (complete) {
      compare();
    }
  }

  /// The content is a plain table with the rowid in `id` and the text in `c0`. Every look-up is by
  /// rowid, so that a damaged SQL index cannot mislead it.
  private void compare() throws IOException {
    ChromaDatabase database = examination.database();
    long rows = database.number("SELECT count(*) FROM " + CONTENT + " NOT INDEXED");
    long leftovers =
        database.number(
            "SELECT count(*) FROM "
                + CONTENT
                + " c NOT INDEXED WHERE c.id < (SELECT max(id) FROM embeddings)"
                + " AND NOT EXISTS (SELECT 1 FROM embeddings e WHERE e.id = c.id)");
    if (leftovers > 0) {
      examination.found(new FullTextFinding.Leftovers(leftovers));
    }
    database.each(
        "SELECT count(*), sum(c.id IS NULL), sum(c.id IS NOT NULL AND c.c0 IS NOT m.string_value)"
            + " FROM embedding_metadata m NOT INDEXED JOIN embeddings e ON e.id = m.id LEFT JOIN "
            + CONTENT
            + " c ON c.id = m.id WHERE m.key = 'chroma:document' AND m.string_value IS NOT NULL",
        row -> {
          long lacking = row.integer(2);
          long surplus = rows - leftovers - (row.integer(1) - lacking);
          if (lacking > 0 || surplus > 0 || row.integer(3) > 0) {
            examination.found(new FullTextFinding.Differs(lacking, surplus, row.integer(3)));
          }
        });
  }
}
