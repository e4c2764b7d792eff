package palace.repair;

import java.io.IOException;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.SegmentRow;

/// Writes the rows that tie a collection to its segments.
final class SegmentRows {
  private SegmentRows() {}

  static void insert(Surgery surgery, String segment, String scope, String collection)
      throws IOException {
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
