package palace.common.salvage;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.SchemaLevel;
import palace.common.chroma.SequenceNumber;
import palace.common.sqlite.SqliteRecord;

/// Puts the rows of lost pages of `embeddings` together again: their ids stand in the unique index
/// over segment and id, whose entries end with the rowid.
///
/// No index holds sequence number and time. The number becomes that of the drawer's newest row in
/// the queue, and 0 where there is none, which can only cause rows to be applied again; the time
/// becomes that of the row before.
final class DrawerEvidence {
  /// Over segment and id.
  static final String INDEX = "sqlite_autoindex_embeddings_1";

  private static final String SOME_TIME = "1970-01-01 00:00:00";
  private static final int BATCH = 500;

  private final Survey survey;
  private final ChromaDatabase database;
  private final SchemaLevel level;
  private final Holes holes;
  private long rebuilt;

  DrawerEvidence(Survey survey, ChromaDatabase database, SchemaLevel level, Holes holes) {
    this.survey = survey;
    this.database = database;
    this.level = level;
    this.holes = holes;
  }

  /// Adds the rows that are missing and whose entries are left.
  void run() throws IOException {
    database.execute("CREATE TEMP TABLE rebuilt (id INTEGER PRIMARY KEY)");
    if (holes.isEmpty()) {
      return;
    }
    Set<String> segments = segments();
    var rows =
        new Arguments(
            database,
            "INSERT OR IGNORE INTO embeddings(id, segment_id, embedding_id, seq_id, created_at)"
                + " VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT), ?, '')");
    new IndexEntries(survey, INDEX, "tti")
        .each((entry, rowid) -> {
          if (holes.contain(rowid) && segments.contains(ChromaTable.text(entry, 0))) {
            rows.add(row(entry, rowid));
          }
        });
    rows.flush();
    rebuilt = rows.changed();
    database.execute("INSERT INTO rebuilt SELECT id FROM embeddings WHERE created_at = ''");
    database.execute(
        "UPDATE embeddings SET created_at = coalesce((SELECT before.created_at FROM embeddings before"
            + " WHERE before.id < embeddings.id AND before.created_at <> ''"
            + " ORDER BY before.id DESC LIMIT 1), ?) WHERE id IN (SELECT id FROM rebuilt)",
        SOME_TIME);
  }

  private @Nullable Object[] row(SqliteRecord entry, long rowid) {
    return new @Nullable Object[] {
      rowid,
      Arguments.of(entry.values().get(0)),
      Arguments.of(entry.values().get(1)),
      SequenceNumber.encode(0, level)
    };
  }

  /// Only a METADATA segment owns drawers; the entries of other indexes begin with other ids.
  private Set<String> segments() throws IOException {
    var segments =
        new HashSet<>(
            database.list(
                "SELECT id FROM segments WHERE scope = 'METADATA' UNION SELECT segment_id FROM embeddings"
                    + " UNION SELECT segment_id FROM max_seq_id",
                row -> row.text(1)));
    if (survey.index(INDEX).isPresent()) {
      new IndexEntries(survey, INDEX, "tti")
          .eachOfTree((entry, rowid) -> segments.add(ChromaTable.text(entry, 0)));
    }
    return segments;
  }

  /// Gives rebuilt rows the sequence number of their newest queue row; belongs after the segments.
  void number() throws IOException {
    if (rebuilt == 0) {
      return;
    }
    QueuePositions.prepare(database);
    long last = Long.MIN_VALUE;
    List<long[]> found;
    do {
      found =
          database.list(
              "SELECT r.id, n.seq FROM rebuilt r JOIN embeddings e ON e.id = r.id"
                  + " JOIN segments s ON s.id = e.segment_id"
                  + " JOIN newest n ON n.id = e.embedding_id AND n.collection = s.collection"
                  + " WHERE r.id > ? ORDER BY r.id LIMIT "
                  + BATCH,
              row -> new long[] {row.integer(1), row.integer(2)},
              last);
      database.executeBatch(
          "UPDATE embeddings SET seq_id = ? WHERE id = ?",
          found,
          pair -> new @Nullable Object[] {SequenceNumber.encode(pair[1], level), pair[0]});
      last = found.isEmpty() ? last : found.getLast()[0];
    } while (found.size() == BATCH);
  }

  /// {@return how many rows were put together}
  long rebuilt() {
    return rebuilt;
  }
}
