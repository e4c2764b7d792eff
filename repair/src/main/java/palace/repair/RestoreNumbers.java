package palace.repair;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.UnreadableNumbers;
import palace.common.doctor.Finding;

/// Takes out metadata whose number is none any more, unless the row has a text; what the number was
/// stands nowhere else. Queue rows whose time is none are dated anew, and vectors that are stored
/// as texts become BLOBs.
public record RestoreNumbers() implements Treatment {
  @Override
  public String code() {
    return "restore-numbers";
  }

  @Override
  public String act() {
    return "take out metadata whose number cannot be read, and date queue rows anew that have no time";
  }

  @Override
  public String cost() {
    return "metadata whose number cannot be read is lost; what stood there is kept";
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
    long changed = 0;
    for (UnreadableNumbers.Rows rows : UnreadableNumbers.places(surgery.database())) {
      changed +=
          rows.table().equals("embeddings_queue") ? mend(surgery, rows) : drop(surgery, rows);
    }
    return changed;
  }

  private static long mend(Surgery surgery, UnreadableNumbers.Rows rows) throws IOException {
    return surgery
        .database()
        .execute(
            "UPDATE %s SET created_at=CASE WHEN %s THEN CURRENT_TIMESTAMP ELSE created_at END, vector=CASE typeof(vector) WHEN 'text' THEN CAST(vector AS BLOB) ELSE vector END WHERE %s"
                .formatted(rows.table(), UnreadableNumbers.NO_TIME, rows.condition()));
  }

  /// A migration is recorded again by its own treatment.
  private static long drop(Surgery surgery, UnreadableNumbers.Rows rows) throws IOException {
    ChromaDatabase database = surgery.database();
    surgery.aside().rows(database, rows.table(), rows.condition());
    long emptied = emptyCells(database, rows);
    if (rows.table().startsWith("embedding_metadata")) {
      declare(surgery, rows);
    }
    return emptied
        + database.execute("DELETE FROM %s WHERE %s".formatted(rows.table(), rows.condition()));
  }

  /// Of a row that has its value in another column only the cell goes: it may be a document.
  private static long emptyCells(ChromaDatabase database, UnreadableNumbers.Rows rows)
      throws IOException {
    long emptied = 0;
    for (String column : List.of("int_value", "float_value", "bool_value")) {
      Set<String> columns = database.schema().columns(rows.table());
      if (columns.contains(column)) {
        String text = columns.contains("string_value") ? "string_value" : "str_value";
        String types =
            column.equals("float_value") ? "'integer','real','null'" : "'integer','null'";
        emptied +=
            database.execute(
                "UPDATE %1$s SET %2$s=NULL WHERE typeof(%2$s) NOT IN (%3$s) AND %4$s IS NOT NULL"
                    .formatted(rows.table(), column, types, text));
      }
    }
    return emptied;
  }

  private static void declare(Surgery surgery, UnreadableNumbers.Rows rows) throws IOException {
    surgery
        .database()
        .each(
            "SELECT s.collection, e.embedding_id, t.key FROM (SELECT id, key FROM %s NOT INDEXED WHERE %s) t"
                    .formatted(rows.table(), rows.condition())
                + " JOIN embeddings e ON e.id = t.id JOIN segments s ON s.id = e.segment_id",
            drawer -> surgery.lostValues().add(drawer.text(3), drawer.text(1), drawer.text(2)));
  }
}
