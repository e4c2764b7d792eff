package palace.repair;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.RecordRows;
import palace.common.doctor.CollectionName;
import palace.common.doctor.Finding;
import palace.common.doctor.QueueFinding;
import palace.common.store.StrayDrawers.Stray;

/// Gives drawers back to their collection that name a segment which it does not have, and writes
/// that name a collection which does not exist.
public record ReattachDrawers(CollectionName in) implements CollectionTreatment {
  @Override
  public String code() {
    return "reattach-drawers";
  }

  @Override
  public String act() {
    return "give drawers and writes back to the collection that is proven to be theirs";
  }

  @Override
  public boolean isFoundation() {
    return true;
  }

  @Override
  public boolean reveals() {
    return true;
  }

  @Override
  public long apply(Surgery surgery, List<Finding> findings) throws IOException {
    ChromaDatabase database = surgery.database();
    String segment =
        database
            .first(
                "SELECT id FROM segments WHERE collection=? AND scope='METADATA'",
                row -> row.text(1),
                in.id())
            .orElseThrow();
    long changed = 0;
    for (Map.Entry<CollectionRow, List<Stray>> strays : surgery.strays().rows().entrySet()) {
      if (strays.getKey().id().equals(in.id())) {
        for (Stray stray : strays.getValue()) {
          dropReplaced(surgery, stray);
          changed +=
              database.execute(
                  "UPDATE embeddings SET segment_id=? WHERE id=?", segment, stray.row());
          takePosition(database, stray.segment(), segment);
        }
      }
    }
    for (Finding finding : findings) {
      if (finding instanceof QueueFinding.TopicWrong wrong) {
        changed +=
            database.execute(
                "UPDATE embeddings_queue SET topic=? WHERE topic=?",
                CollectionRow.topicOf(in.id()),
                wrong.topic());
      }
    }
    return changed;
  }

  private static void dropReplaced(Surgery surgery, Stray stray) throws IOException {
    if (stray.replaced().isPresent()) {
      long row = stray.replaced().getAsLong();
      surgery.aside().rows(surgery.database(), "embeddings", "id=?", row);
      surgery.aside().rows(surgery.database(), "embedding_metadata", "id=?", row);
      new RecordRows(surgery.database(), surgery.level()).delete(row);
    }
  }

  /// How far the drawers have come is said of the segment that they name, unless it is another's.
  private static void takePosition(ChromaDatabase database, String named, String segment)
      throws IOException {
    database.execute(
        "UPDATE OR IGNORE max_seq_id SET segment_id=? WHERE segment_id=? AND segment_id NOT IN"
            + " (SELECT id FROM segments WHERE id IS NOT NULL)",
        segment,
        named);
  }
}
