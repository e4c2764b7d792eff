package palace.repair;

import java.io.IOException;
import java.util.List;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.SegmentRow;

/// Writes the rows that tie a collection to its segments.
final class SegmentRows {
  private SegmentRows() {}

  /// Gives the segment of a collection its name, under which its directory, its position and its
  /// settings may lie already.
  static void rename(Surgery surgery, String collection, String scope, String segment)
      throws IOException {
    ChromaDatabase database = surgery.database();
    for (String table : List.of("segment_metadata", "max_seq_id")) {
      String ofOld =
          " WHERE segment_id IN (SELECT id FROM segments WHERE collection=? AND scope=?)";
      database.execute(
          "UPDATE OR IGNORE " + table + " SET segment_id=?" + ofOld, segment, collection, scope);
      database.execute("DELETE FROM " + table + ofOld, collection, scope);
    }
    database.execute("DELETE FROM segments WHERE id=?", segment);
    database.execute(
        "UPDATE segments SET id=? WHERE collection=? AND scope=?", segment, collection, scope);
  }

  static void insert(Surgery surgery, String segment, String scope, String collection)
      throws IOException {
    // What another collection was said to have.
    surgery.database().execute("DELETE FROM segments WHERE id=?", segment);
    boolean named = surgery.level().hasTopicColumn();
    surgery
        .database()
        .execute(
            "INSERT INTO segments(id, type, scope, collection%s) VALUES (?,?,?,?%s)"
                .formatted(
                    named ? ", topic" : "",
                    named ? ", '" + CollectionRow.topicOf("") + "' || ?4" : ""),
            segment,
            scope.equals(SegmentRow.VECTOR) ? SegmentRow.VECTOR_TYPE : SegmentRow.METADATA_TYPE,
            scope,
            collection);
  }
}
