package palace.repair;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.MetadataValue;
import palace.common.chroma.RecordRows;
import palace.common.chroma.SequenceNumber;
import palace.common.chroma.UnreadableTexts;
import palace.common.chroma.UnreadableTexts.Column;
import palace.common.doctor.Finding;

/// Makes texts readable again. Those that are stored as BLOBs become texts; where bytes are no
/// UTF-8, the text comes from an index that has the same, for a document from the full-text search,
/// else it gets U+FFFD in the place of what cannot be read. What stood there is in the database
/// that the snapshot keeps.
public record RestoreTexts() implements Treatment {
  /// What the name of a collection or database gets when another one has it.
  static final String RECOVERED = "-recovered";

  private static final String FULL_TEXT = "embedding_fulltext_search_content";

  @Override
  public String code() {
    return "restore-texts";
  }

  @Override
  public String act() {
    return "store texts as texts, and give those that cannot be read the copy that an index has, or U+FFFD in the place of their damaged bytes";
  }

  @Override
  public boolean isFoundation() {
    return true;
  }

  @Override
  public boolean reveals() {
    return true;
  }

  @Override
  public long apply(Surgery surgery, List<Finding> findings) throws IOException {
    ChromaDatabase database = surgery.database();
    Map<Column, Set<Long>> broken = new LinkedHashMap<>();
    UnreadableTexts.each(
        database, (column, row) -> broken.computeIfAbsent(column, any -> new TreeSet<>()).add(row));
    Map<Column, Map<Long, byte[]>> copies = new LinkedHashMap<>();
    for (var rows : broken.entrySet()) {
      copies.put(rows.getKey(), UnreadableTexts.copies(database, rows.getKey(), rows.getValue()));
    }
    // SQLite calls a database damaged in which an index has another text than the row that changes.
    for (String table : broken.keySet().stream().map(Column::table).distinct().toList()) {
      database.execute("REINDEX " + table);
    }
    long restored = 0;
    for (var rows : broken.entrySet()) {
      Map<Long, byte[]> known = copies.getOrDefault(rows.getKey(), Map.of());
      for (long row : rows.getValue()) {
        restore(surgery, rows.getKey(), row, Optional.ofNullable(known.get(row)));
        restored++;
      }
    }
    return restored;
  }

  private static void restore(Surgery surgery, Column column, long row, Optional<byte[]> copy)
      throws IOException {
    ChromaDatabase database = surgery.database();
    byte[] stored =
        database
            .first(
                "SELECT CAST(%s AS BLOB) FROM %s WHERE rowid=?"
                    .formatted(column.name(), column.table()),
                found -> found.blob(1),
                row)
            .orElseThrow();
    Optional<String> original = copy.flatMap(found -> UnreadableTexts.original(stored, found));
    if (original.isEmpty()) {
      Optional<byte[]> document = documentOf(database, column, row);
      original = document.flatMap(found -> UnreadableTexts.original(stored, found));
    }
    if (original.isEmpty() && !UnreadableTexts.isReadable(stored)) {
      declare(surgery, column, row);
    }
    write(
        surgery, column, row, original.orElseGet(() -> new String(stored, StandardCharsets.UTF_8)));
  }

  /// Another row may have got the text since, because Chroma did not find this one.
  private static void write(Surgery surgery, Column column, long row, String text)
      throws IOException {
    ChromaDatabase database = surgery.database();
    String update =
        "UPDATE OR IGNORE %s SET %s=? WHERE rowid=?".formatted(column.table(), column.name());
    if (database.execute(update, text, row) > 0) {
      return;
    }
    boolean isName = column.name().equals("\"name\"");
    if (isName && database.execute(update, text + RECOVERED, row) > 0) {
      return;
    }
    surgery.aside().rows(database, column.table(), "rowid=?", row);
    if (column.table().equals("embeddings")) {
      surgery.aside().rows(database, "embedding_metadata", "id=?", row);
      new RecordRows(database, surgery.level()).delete(row);
    } else {
      database.execute("DELETE FROM %s WHERE rowid=?".formatted(column.table()), row);
    }
  }

  private static Optional<byte[]> documentOf(ChromaDatabase database, Column column, long row)
      throws IOException {
    return column.table().equals("embedding_metadata") && database.schema().hasTable(FULL_TEXT)
        ? database.first(
            "SELECT CAST(f.c0 AS BLOB) FROM embedding_metadata m JOIN "
                + FULL_TEXT
                + " f ON f.id = m.id WHERE m.rowid = ? AND m.key = ?",
            found -> found.blob(1),
            row,
            MetadataValue.DOCUMENT_KEY)
        : Optional.empty();
  }

  /// Says which drawer has lost something, as far as rows that Chroma still reads tell.
  private static void declare(Surgery surgery, Column column, long row) throws IOException {
    LostValues lost = surgery.lostValues();
    switch (column.table()) {
      case "embedding_metadata", "embedding_metadata_array" ->
          surgery
              .database()
              .each(
                  "SELECT s.collection, e.embedding_id, t.key FROM "
                      + column.table()
                      + " t JOIN embeddings e ON e.id = t.id JOIN segments s"
                      + " ON s.id = e.segment_id WHERE t.rowid = ?",
                  drawer -> lost.add(drawer.text(3), drawer.text(1), drawer.text(2)),
                  row);
      case "embeddings_queue" ->
          surgery
              .database()
              .each(
                  "SELECT s.collection, q.id, q.seq_id, m.seq_id FROM embeddings_queue q"
                      + " JOIN segments s ON q.topic LIKE '%/' || s.collection"
                      + " AND s.scope = 'METADATA' LEFT JOIN max_seq_id m ON m.segment_id = s.id"
                      + " WHERE q.rowid = ? AND ? <> '\"encoding\"' AND q.metadata IS NOT NULL",
                  drawer -> {
                    if (drawer.integer(3)
                        > SequenceNumber.of(drawer.value(4)).position().orElse(0)) {
                      lost.add(MetadataValue.DOCUMENT_KEY, drawer.text(1), drawer.text(2));
                      lost.add("", drawer.text(1), drawer.text(2));
                    }
                  },
                  row,
                  column.name());
      default -> {
        // No drawer's.
      }
    }
  }
}
