package palace.migrate;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import palace.common.Progress;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.FullText;
import palace.common.chroma.RecordRows;
import palace.common.chroma.SchemaLevel;
import palace.common.chroma.SequenceNumber;
import palace.common.store.BatchPager;
import palace.common.store.Drawer;
import palace.common.store.DrawerEntry;

/// Copies the records of all collections from the attached schema `source`: what stands in its
/// tables by SQL alone, so that no value passes through another type; what the queue still changes
/// is worked out here and written row by row.
///
/// Only rows of drawers that the folded state has are taken, so orphans, duplicates and deleted
/// records stay behind by themselves.
final class RecordCopy {
  private final ChromaDatabase database;
  private final SchemaLevel from;
  private final SchemaLevel to;
  private final int batchSize;

  RecordCopy(ChromaDatabase database, SchemaLevel from, SchemaLevel to, int batchSize) {
    this.database = database;
    this.from = from;
    this.to = to;
    this.batchSize = batchSize;
  }

  void copy(List<CollectionTarget> targets, Progress progress) throws IOException {
    long drawers = targets.stream().mapToLong(target -> target.carried().size()).sum();
    try (Progress.Step step = progress.start("copying drawers", drawers, "drawers")) {
      list(targets);
      copyRecords();
      copyMetadata();
      if (from.hasArrays() && to.hasArrays()) {
        copyLists();
      }
      FullText.fill(database, to);
      writePending(targets);
      database.execute("DROP TABLE temp.carried");
      step.advance(drawers);
    }
  }

  /// Which rows to take, under which segment and at which position.
  private void list(List<CollectionTarget> targets) throws IOException {
    database.execute(
        "CREATE TEMP TABLE carried"
            + " (id INTEGER PRIMARY KEY, segment TEXT NOT NULL, sequence NOT NULL, plain INTEGER)");
    for (CollectionTarget target : targets) {
      List<DrawerEntry> rows = new ArrayList<>(target.carried());
      rows.removeIf(entry -> entry.rowId() <= 0);
      long last = target.carried().isEmpty() ? 0 : target.last().rowId();
      database.executeBatch(
          "INSERT INTO temp.carried(id, segment, sequence, plain) VALUES (?,?,?,?)",
          rows,
          entry ->
              new @Nullable Object[] {
                entry.rowId(),
                target.metadataSegment(),
                SequenceNumber.encode(
                    entry.rowId() == last ? target.newest() : target.position(entry), to),
                entry.pending().isEmpty() ? 1 : 0
              });
    }
  }

  private void copyRecords() throws IOException {
    database.execute(
        "INSERT INTO embeddings(id, segment_id, embedding_id, seq_id, created_at)"
            + " SELECT e.id, c.segment, CAST(e.embedding_id AS TEXT), c.sequence,"
            + " coalesce(e.created_at, CURRENT_TIMESTAMP)"
            + " FROM source.embeddings e NOT INDEXED JOIN temp.carried c ON c.id = e.id"
            + " WHERE c.plain = 1");
  }

  private void copyMetadata() throws IOException {
    copyValues("embedding_metadata", from.hasMetadataBooleans(), "");
  }

  /// Where a key stands in both tables the scalar is the one that was written for this record.
  private void copyLists() throws IOException {
    copyValues(
        "embedding_metadata_array",
        true,
        " AND NOT EXISTS (SELECT 1 FROM main.embedding_metadata t"
            + " WHERE t.id = m.id AND t.key = CAST(m.key AS TEXT)) ORDER BY m.rowid");
  }

  /// Chroma takes the first column that is set and drops rows without any; so exactly one is
  /// written.
  private void copyValues(String table, boolean hasBoolean, String rest) throws IOException {
    String flag = hasBoolean ? "m.bool_value" : "NULL";
    database.execute(
        "INSERT OR REPLACE INTO main."
            + table
            + "(id, key, string_value, int_value, float_value, bool_value)"
            + " SELECT m.id, CAST(m.key AS TEXT), CAST(m.string_value AS TEXT),"
            + " iif(m.string_value IS NULL, CAST(m.int_value AS INTEGER), NULL),"
            + " iif(coalesce(m.string_value, m.int_value) IS NULL,"
            + " CAST(m.float_value AS REAL), NULL),"
            + " iif(coalesce(m.string_value, m.int_value, m.float_value) IS NULL, "
            + flag
            + " <> 0, NULL)"
            + " FROM source."
            + table
            + " m NOT INDEXED JOIN temp.carried c ON c.id = m.id"
            + " WHERE c.plain = 1 AND coalesce(m.string_value, m.int_value, m.float_value, "
            + flag
            + ") IS NOT NULL"
            + rest);
  }

  private void writePending(List<CollectionTarget> targets) throws IOException {
    var rows = new RecordRows(database, to);
    long[] free = {
      Math.max(
          database.number("SELECT max(id) FROM source.embeddings NOT INDEXED"), rows.nextRowId())
    };
    for (CollectionTarget target : targets) {
      List<DrawerEntry> pending =
          target.carried().stream()
              .filter(entry -> entry.rowId() <= 0 || !entry.pending().isEmpty())
              .toList();
      if (!pending.isEmpty()) {
        DrawerEntry last = target.last();
        new BatchPager<>((offset, limit) -> slice(pending, offset, limit), batchSize)
            .forEachBatch(batch -> write(target, batch, last, rows, free));
      }
    }
    database.execute(
        "UPDATE embeddings SET created_at ="
            + " (SELECT coalesce(s.created_at, embeddings.created_at) FROM source.embeddings s"
            + " WHERE s.id = embeddings.id)"
            + " WHERE id IN (SELECT id FROM temp.carried WHERE plain = 0)");
  }

  private static List<DrawerEntry> slice(List<DrawerEntry> entries, long offset, int limit) {
    int start = (int) Math.min(offset, entries.size());
    return entries.subList(start, (int) Math.min(entries.size(), (long) start + limit));
  }

  private static void write(
      CollectionTarget target,
      List<DrawerEntry> batch,
      DrawerEntry last,
      RecordRows rows,
      long[] free)
      throws IOException {
    List<Drawer> drawers = target.source().read(batch);
    for (int i = 0; i < batch.size(); i++) {
      DrawerEntry entry = batch.get(i);
      long row = entry.rowId() > 0 ? entry.rowId() : ++free[0];
      long position = entry.equals(last) ? target.newest() : target.position(entry);
      rows.insert(row, target.metadataSegment(), entry.id(), position, drawers.get(i).metadata());
    }
  }
}
