package palace.repair;

import java.io.IOException;
import java.util.List;
import palace.common.chroma.RecordRows;
import palace.common.doctor.Finding;

/// Deletes rows that belong to nothing that exists; the snapshot keeps them.
public record DropOrphans() implements Treatment {
  @Override
  public String code() {
    return "drop-orphans";
  }

  @Override
  public String act() {
    return "delete rows that belong to nothing that exists";
  }

  @Override
  public String cost() {
    return "drawers of segments that no collection has leave the database; their text is kept";
  }

  @Override
  public long apply(Surgery surgery, List<Finding> findings) throws IOException {
    long deleted =
        surgery
            .database()
            .execute(
                "DELETE FROM segments WHERE collection IS NULL OR collection NOT IN"
                    + " (SELECT id FROM collections)");
    deleted += dropDrawers(surgery);
    deleted += drop(surgery, "embedding_metadata", "id", "embeddings");
    if (surgery.level().hasArrays()) {
      deleted += drop(surgery, "embedding_metadata_array", "id", "embeddings");
    }
    deleted += drop(surgery, "segment_metadata", "segment_id", "segments");
    deleted += drop(surgery, "max_seq_id", "segment_id", "segments");
    return deleted + drop(surgery, "collection_metadata", "collection_id", "collections");
  }

  private static final String NO_SEGMENT =
      "(segment_id IS NULL OR segment_id NOT IN (SELECT id FROM segments WHERE scope='METADATA'"
          + " AND id IS NOT NULL))";

  private static long dropDrawers(Surgery surgery) throws IOException {
    keepDrawers(surgery);
    List<Long> orphans =
        surgery
            .database()
            .list(
                "SELECT id FROM embeddings NOT INDEXED WHERE " + NO_SEGMENT, row -> row.integer(1));
    var rows = new RecordRows(surgery.database(), surgery.level());
    for (long orphan : orphans) {
      rows.delete(orphan);
    }
    return orphans.size();
  }

  private static void keepDrawers(Surgery surgery) throws IOException {
    KeptAside aside = surgery.aside();
    aside.rows(surgery.database(), "embeddings", NO_SEGMENT);
    String theirs = "id IN (SELECT id FROM embeddings NOT INDEXED WHERE " + NO_SEGMENT + ")";
    aside.rows(surgery.database(), "embedding_metadata", theirs);
    if (surgery.level().hasArrays()) {
      aside.rows(surgery.database(), "embedding_metadata_array", theirs);
    }
  }

  private static long drop(Surgery surgery, String table, String column, String owner)
      throws IOException {
    String orphaned =
        "(%1$s IS NULL OR %1$s NOT IN (SELECT id FROM %2$s WHERE id IS NOT NULL))"
            .formatted(column, owner);
    surgery.aside().rows(surgery.database(), table, orphaned);
    return surgery.database().execute("DELETE FROM " + table + " WHERE " + orphaned);
  }
}
