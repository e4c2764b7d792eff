package palace.common.chroma;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Cells that hold something else where Chroma reads a number, a vector or a time. No Chroma writes
/// one. 1.5.9 panics at the numbers of small tables, leaves out values of drawers, and never takes
/// queue rows without a time into its index; 0.6.3 throws at vectors that are stored as texts.
public final class UnreadableNumbers {
  private static final List<String> METADATA =
      List.of(
          "collection_metadata",
          "segment_metadata",
          "embedding_metadata",
          "embedding_metadata_array");

  /// Chroma 1.x reads the rows up to the latest time that fits into 64 bits of nanoseconds.
  public static final String NO_TIME =
      "coalesce(CAST(strftime('%s', created_at) AS INTEGER), 9223372037) > 9223372036";

  private UnreadableNumbers() {}

  /// Rows of a table that hold such cells.
  ///
  /// @param condition that names them in a statement
  public record Rows(String table, String condition) {}

  /// {@return where to look, for every table that the database has}
  public static List<Rows> places(ChromaDatabase database) throws IOException {
    var places = new ArrayList<Rows>();
    for (String table : METADATA) {
      Set<String> columns = database.schema().columns(table);
      if (!columns.isEmpty()) {
        places.add(new Rows(table, noNumber(columns.contains("bool_value"))));
      }
    }
    if (database.schema().hasTable("embeddings_queue")) {
      places.add(new Rows("embeddings_queue", "(" + NO_TIME + " OR typeof(vector) = 'text')"));
    }
    if (database.schema().hasTable("migrations")) {
      places.add(new Rows("migrations", "typeof(version) <> 'integer'"));
    }
    return places;
  }

  private static String noNumber(boolean hasBoolean) {
    return "(typeof(int_value) NOT IN ('integer','null') OR typeof(float_value) IN ('text','blob')"
        + (hasBoolean ? " OR typeof(bool_value) NOT IN ('integer','null'))" : ")");
  }
}
