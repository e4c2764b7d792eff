package palace.common.chroma;

import java.io.IOException;
import java.util.List;
import palace.common.PalaceException;

/// The full-text table, from which every document filter is answered: one row per record that has a
/// document, its rowid `embeddings.id`. Since 0.4.6 it is `embedding_fulltext_search`, an FTS5
/// table with the trigram tokenizer; before that `embedding_fulltext`, whose column `id` holds the
/// record's.
public final class FullText {
  /// Name of the table since 0.4.6.
  public static final String TABLE = "embedding_fulltext_search";

  private static final String OLD_TABLE = "embedding_fulltext";
  private static final List<String> SHADOWS =
      List.of("_data", "_idx", "_content", "_docsize", "_config");

  private FullText() {}

  /// {@return the table of a level}
  public static String tableOf(SchemaLevel level) {
    return level.hasTrigramFullText() ? TABLE : OLD_TABLE;
  }

  /// Fills a table that is there and empty from the documents of all records.
  ///
  /// The settings are those that load fastest; they are put back to the defaults afterwards,
  /// because FTS5 stores them in the database and Chroma's own writes rely on them.
  public static void fill(ChromaDatabase database, SchemaLevel level) throws IOException {
    String table = tableOf(level);
    tune(database, table, 0, 1999, 64 << 20);
    database.execute(
        "INSERT INTO "
            + table
            + (level.hasTrigramFullText() ? "(rowid, string_value)" : "(id, string_value)")
            + " SELECT m.id, m.string_value FROM embedding_metadata m JOIN embeddings e ON e.id = m.id"
            + " WHERE m.key = ? AND m.string_value IS NOT NULL ORDER BY m.id",
        MetadataValue.DOCUMENT_KEY);
    tune(database, table, 4, 16, 1 << 20);
  }

  private static void tune(
      ChromaDatabase database, String table, int automerge, int crisismerge, int hashBytes)
      throws IOException {
    String sql = "INSERT INTO " + table + "(" + table + ", rank) VALUES (?, ?)";
    database.execute(sql, "automerge", automerge);
    database.execute(sql, "crisismerge", crisismerge);
    database.execute(sql, "hashsize", hashBytes);
  }

  /// Makes the table anew, whatever is left of the old one, and fills it. Belongs inside a
  /// transaction.
  ///
  /// A virtual table whose shadow tables are damaged or missing cannot always be dropped; then its
  /// entries are taken out of the schema table one by one, which is what `DROP TABLE` does for an
  /// ordinary table apart from freeing its pages.
  public static void rebuild(ChromaDatabase database, SchemaLevel level) throws IOException {
    String table = tableOf(level);
    drop(database, table);
    database.execute(
        level.hasTrigramFullText()
            ? "CREATE VIRTUAL TABLE " + TABLE + " USING fts5(string_value, tokenize='trigram')"
            : "CREATE VIRTUAL TABLE " + OLD_TABLE + " USING fts5(id, string_value)");
    fill(database, level);
  }

  private static void drop(ChromaDatabase database, String table) throws IOException {
    boolean virtual = database.number("SELECT count(*) FROM sqlite_master WHERE name=?", table) > 0;
    if (virtual) {
      dropVirtual(database, table);
    }
    for (String shadow : SHADOWS) {
      database.execute("DROP TABLE IF EXISTS " + table + shadow);
    }
  }

  private static void dropVirtual(ChromaDatabase database, String table) throws IOException {
    try {
      database.execute("DROP TABLE " + table);
    } catch (PalaceException e) {
      database.execute("PRAGMA writable_schema=ON");
      database.execute("DELETE FROM sqlite_master WHERE name=?", table);
      database.execute("PRAGMA writable_schema=RESET");
    }
  }
}
