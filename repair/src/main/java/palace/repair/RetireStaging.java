package palace.repair;

import java.io.IOException;
import java.util.List;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.RecordRows;
import palace.common.doctor.CollectionName;
import palace.common.doctor.Finding;

/// Takes a staging collection out of the database, after everything in it is in the collection that
/// it was made from. The snapshot keeps it.
public record RetireStaging(CollectionName in, String original) implements CollectionTreatment {
  @Override
  public String code() {
    return "retire-staging";
  }

  @Override
  public String act() {
    return "take the staging collection out, after everything in it is in " + original;
  }

  @Override
  public String cost() {
    return "nothing is lost; the snapshot keeps the collection";
  }

  @Override
  public long apply(Surgery surgery, List<Finding> findings) throws IOException {
    var rows = new RecordRows(surgery.database(), surgery.level());
    List<Long> drawers =
        surgery
            .database()
            .list(
                "SELECT id FROM embeddings NOT INDEXED WHERE segment_id IN"
                    + " (SELECT id FROM segments WHERE collection=?)",
                row -> row.integer(1),
                in.id());
    for (long drawer : drawers) {
      rows.delete(drawer);
    }
    surgery
        .database()
        .execute("DELETE FROM embeddings_queue WHERE topic=?", CollectionRow.topicOf(in.id()));
    for (String table : List.of("segment_metadata", "max_seq_id")) {
      surgery
          .database()
          .execute(
              "DELETE FROM %s WHERE segment_id IN (SELECT id FROM segments WHERE collection=?)"
                  .formatted(table),
              in.id());
    }
    surgery.database().execute("DELETE FROM segments WHERE collection=?", in.id());
    surgery.database().execute("DELETE FROM collection_metadata WHERE collection_id=?", in.id());
    surgery.database().execute("DELETE FROM collections WHERE id=?", in.id());
    return drawers.size();
  }
}
