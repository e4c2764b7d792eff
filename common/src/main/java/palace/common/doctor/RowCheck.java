package palace.common.doctor;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.UnreadableNumbers;
import palace.common.chroma.UnreadableTexts;
import palace.common.store.StrayDrawers;

/// Looks for rows of drawers and metadata that belong to nothing, or hold no single value (S14,
/// S15).
final class RowCheck {
  private static final String NO_DRAWER =
      " m NOT INDEXED WHERE NOT EXISTS (SELECT 1 FROM embeddings e WHERE e.id = m.id)";

  private final Examination examination;
  private final ChromaDatabase database;

  RowCheck(Examination examination) {
    this.examination = examination;
    this.database = examination.database();
  }

  void strayDrawers(StrayDrawers strays) {
    strays
        .rows()
        .forEach((collection, rows) ->
            examination.found(
                new SegmentFinding.DrawersStray(
                    CollectionName.of(collection), rows.size(), rows.getFirst().id())));
  }

  void orphanEmbeddings() throws IOException {
    if (examination.segmentsAreMissing()) {
      throw new IOException("a collection lacks a segment, which they may belong to");
    }
    database.each(
        "SELECT count(*), min(id) FROM embeddings NOT INDEXED WHERE segment_id NOT IN (SELECT s.id"
            + " FROM segments s JOIN collections c ON c.id = s.collection WHERE s.scope ="
            + " 'METADATA')",
        row -> {
          if (row.integer(1) > 0) {
            examination.found(new RowFinding.OrphanEmbeddings(row.integer(1), row.integer(2)));
          }
        });
  }

  void orphanMetadata() throws IOException {
    database.each(
        "SELECT count(*), min(m.id) FROM embedding_metadata" + NO_DRAWER,
        row -> {
          if (row.integer(1) > 0) {
            examination.found(new RowFinding.OrphanMetadata(row.integer(1), row.integer(2)));
          }
        });
    if (examination.level().hasArrays()) {
      database.each(
          "SELECT count(*), min(m.id) FROM embedding_metadata_array" + NO_DRAWER,
          row -> {
            if (row.integer(1) > 0) {
              examination.found(new RowFinding.OrphanArrayMetadata(row.integer(1), row.integer(2)));
            }
          });
    }
  }

  void typedColumns() throws IOException {
    String filled =
        "(m.string_value IS NOT NULL) + (m.int_value IS NOT NULL) + (m.float_value IS NOT NULL)"
            + (examination.level().hasMetadataBooleans() ? " + (m.bool_value IS NOT NULL)" : "");
    database.each(
        "SELECT sum("
            + filled
            + " > 1), sum("
            + filled
            + " = 0) FROM embedding_metadata m NOT INDEXED",
        row -> {
          if (row.integer(1) > 0) {
            var first = first(filled + " > 1");
            examination.found(
                new RowFinding.MetadataTwoTypes(row.integer(1), first.row(), first.key()));
          }
          if (row.integer(2) > 0) {
            var first = first(filled + " = 0");
            examination.found(
                new RowFinding.MetadataEmptyRow(row.integer(2), first.row(), first.key()));
          }
        });
  }

  private record First(long row, String key) {}

  private First first(String condition) throws IOException {
    return database
        .first(
            "SELECT m.id, m.key FROM embedding_metadata m NOT INDEXED WHERE "
                + condition
                + " LIMIT 1",
            row -> new First(row.integer(1), row.text(2)))
        .orElse(new First(0, ""));
  }

  void texts() throws IOException {
    Map<String, RowFinding.TextUnreadable> found = new LinkedHashMap<>();
    UnreadableTexts.each(
        database,
        (column, row) ->
            found.merge(
                column.table(),
                new RowFinding.TextUnreadable(column.table(), 1, row),
                (first, next) ->
                    new RowFinding.TextUnreadable(
                        first.table(), first.count() + 1, first.firstRow())));
    found.values().forEach(examination::found);
  }

  void numbers() throws IOException {
    for (UnreadableNumbers.Rows rows : UnreadableNumbers.places(database)) {
      database.each(
          "SELECT count(*), min(rowid) FROM %s NOT INDEXED WHERE %s"
              .formatted(rows.table(), rows.condition()),
          row -> {
            if (row.integer(1) > 0) {
              examination.found(
                  new RowFinding.NumberUnreadable(rows.table(), row.integer(1), row.integer(2)));
            }
          });
    }
  }

  void keysInTwoTables() throws IOException {
    if (!examination.level().hasArrays()) {
      return;
    }
    database.each(
        "SELECT count(*), min(a.id), min(a.key) FROM (SELECT DISTINCT id, key FROM"
            + " embedding_metadata_array) a WHERE EXISTS (SELECT 1 FROM embedding_metadata m WHERE"
            + " m.id = a.id AND m.key = a.key)",
        row -> {
          if (row.integer(1) > 0) {
            examination.found(
                new RowFinding.MetadataInTwoTables(row.integer(1), row.integer(2), row.text(3)));
          }
        });
  }
}
