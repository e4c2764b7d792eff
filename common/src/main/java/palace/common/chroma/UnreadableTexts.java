package palace.common.chroma;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Texts that Chroma cannot read: those whose bytes are no UTF-8, and those that are stored as
/// BLOBs. No Chroma writes one, and every release fails where it meets one: 1.5.9 panics, 0.6.3
/// throws or overlooks the row.
public final class UnreadableTexts {
  /// Tables of which some release reads texts; those of the full-text search are made from others.
  private static final List<String> TABLES =
      List.of(
          "tenants",
          "databases",
          "collections",
          "collection_metadata",
          "segments",
          "segment_metadata",
          "max_seq_id",
          "embeddings",
          "embedding_metadata",
          "embedding_metadata_array",
          "embeddings_queue",
          "embeddings_queue_config",
          "migrations");

  /// Copies of so many bytes are held at a time; texts beyond that have none.
  private static final long MOST_BYTES = 64L << 20;

  private UnreadableTexts() {}

  /// Where such texts stand.
  ///
  /// @param name as it can stand in a statement
  public record Column(String table, String name) {}

  /// Takes one.
  @FunctionalInterface
  public interface Consumer {
    /// @param row its rowid
    void accept(Column column, long row) throws IOException;
  }

  /// Hands over every such text, in the order of tables, columns and rows. Reads every text of the
  /// database once, one at a time.
  public static void each(ChromaDatabase database, Consumer consumer) throws IOException {
    for (String table : TABLES) {
      for (String column : columns(database, table)) {
        database.each(
            "SELECT rowid, typeof(%1$s)='blob', CAST(%1$s AS BLOB) FROM %2$s NOT INDEXED WHERE typeof(%1$s) IN ('text','blob')"
                .formatted(column, table),
            row -> {
              if (row.integer(2) == 1 || !isReadable(row.blob(3))) {
                consumer.accept(new Column(table, column), row.integer(1));
              }
            });
      }
    }
  }

  private static List<String> columns(ChromaDatabase database, String table) throws IOException {
    return database.list(
        "SELECT printf('\"%w\"', name) FROM pragma_table_info(?) WHERE upper(type) = 'TEXT'",
        row -> row.text(1), table);
  }

  /// {@return the texts of one column as the indexes over it have them, by rowid, where those are
  /// readable}
  ///
  /// @param rows whose texts are wanted
  public static Map<Long, byte[]> copies(ChromaDatabase database, Column column, Set<Long> rows)
      throws IOException {
    var copies = new HashMap<Long, byte[]>();
    long[] held = {0};
    for (String index : indexesOver(database, column)) {
      database.each(
          "SELECT rowid, CAST(%1$s AS BLOB) FROM %2$s INDEXED BY %3$s WHERE %1$s IS NOT NULL"
              .formatted(column.name(), column.table(), index),
          row -> {
            byte[] copy = rows.contains(row.integer(1)) ? row.blob(2) : new byte[0];
            if (copy.length > 0 && held[0] + copy.length <= MOST_BYTES && isReadable(copy)) {
              held[0] += copy.length;
              copies.putIfAbsent(row.integer(1), copy);
            }
          });
    }
    return copies;
  }

  /// SQLite takes an index over some rows only where the condition of the statement implies its
  /// own.
  private static List<String> indexesOver(ChromaDatabase database, Column column)
      throws IOException {
    return database.list(
        "SELECT printf('\"%w\"', l.name) FROM pragma_index_list(?) l WHERE EXISTS"
            + " (SELECT 1 FROM pragma_index_info(l.name) i WHERE printf('\"%w\"', i.name) = ?)"
            + " AND (l.partial = 0 OR EXISTS (SELECT 1 FROM sqlite_master m WHERE m.name = l.name"
            + " AND m.sql LIKE '%WHERE ' || trim(?, '\"') || ' IS NOT NULL'))",
        row -> row.text(1), column.table(), column.name(), column.name());
  }

  /// {@return whether bytes are UTF-8}
  public static boolean isReadable(byte[] bytes) {
    for (byte octet : bytes) {
      if (octet < 0) {
        return decodes(bytes);
      }
    }
    return true;
  }

  private static boolean decodes(byte[] bytes) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  /// {@return what an index or the full-text search has, if that can have been this text before its
  /// bytes were damaged: as long, and the same for the most part}
  public static Optional<String> original(byte[] stored, byte[] copy) {
    if (copy.length != stored.length || !isReadable(copy)) {
      return Optional.empty();
    }
    int same = 0;
    for (int i = 0; i < copy.length; i++) {
      same += copy[i] == stored[i] ? 1 : 0;
    }
    return same * 2 > copy.length
        ? Optional.of(new String(copy, StandardCharsets.UTF_8))
        : Optional.empty();
  }
}
