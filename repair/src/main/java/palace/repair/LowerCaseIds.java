package palace.repair;

import java.io.IOException;
import java.util.List;
import palace.common.doctor.Finding;

/// Writes ids in lower case wherever they stand.
public record LowerCaseIds() implements Treatment {
  @Override
  public String code() {
    return "lower-case-ids";
  }

  @Override
  public String act() {
    return "write ids in lower case wherever they stand";
  }

  @Override
  public boolean isFoundation() {
    return true;
  }

  @Override
  public boolean reveals() {
    return true;
  }

  private static final List<List<String>> PLACES =
      List.of(
          List.of("databases", "id"),
          List.of("collections", "id"),
          List.of("collections", "database_id"),
          List.of("collection_metadata", "collection_id"),
          List.of("segments", "id"),
          List.of("segments", "collection"),
          List.of("segment_metadata", "segment_id"),
          List.of("max_seq_id", "segment_id"),
          List.of("embeddings", "segment_id"),
          List.of("embeddings_queue", "topic"));

  @Override
  public long apply(Surgery surgery, List<Finding> findings) throws IOException {
    long changed = 0;
    for (List<String> place : PLACES) {
      String table = place.getFirst();
      String column = place.getLast();
      if (surgery.database().schema().columns(table).contains(column)) {
        changed +=
            surgery
                .database()
                .execute(
                    "UPDATE OR IGNORE %1$s SET %2$s=lower(%2$s) WHERE %2$s GLOB '*[A-F]*-*-*-*-*'"
                        .formatted(table, column));
      }
    }
    return changed;
  }
}
