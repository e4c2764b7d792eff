package palace.repair;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.Row;
import palace.common.doctor.CatalogueFinding;
import palace.common.doctor.Finding;
import palace.common.store.PalaceLayout;

/// Restores the rows and ids of collections, and ids of segments, by what refers to them.
public record RestoreCatalogue() implements Treatment {
  private static final String DEFAULT_DATABASE_ID = "00000000-0000-0000-0000-000000000000";

  /// Which columns name what has an id of its own.
  private enum Named {
    COLLECTION("collections", List.of("segments.collection", "collection_metadata.collection_id")),
    SEGMENT(
        "segments",
        List.of("embeddings.segment_id", "max_seq_id.segment_id", "segment_metadata.segment_id"));

    final String table;
    final List<String> references;

    Named(String table, List<String> references) {
      this.table = table;
      this.references = references;
    }
  }

  @Override
  public String code() {
    return "restore-catalogue";
  }

  @Override
  public String act() {
    return "restore the rows and ids of collections and segments that drawers refer to";
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
    for (Finding finding : findings) {
      if (finding instanceof CatalogueFinding.CollectionIdWrong wrong) {
        giveBack(surgery.database(), wrong);
      } else if (finding
          instanceof CatalogueFinding.CollectionRowMissing(String id, long drawers)) {
        insert(surgery, id);
      }
    }
    for (Named named : Named.values()) {
      renew(surgery, named);
    }
    return findings.size();
  }

  private static void giveBack(ChromaDatabase database, CatalogueFinding.CollectionIdWrong wrong)
      throws IOException {
    String old = wrong.in().id();
    database.execute("UPDATE collections SET id=? WHERE coalesce(id,'')=?", wrong.rightful(), old);
    database.execute(
        "UPDATE OR IGNORE collection_metadata SET collection_id=? WHERE collection_id=?",
        wrong.rightful(),
        old);
  }

  private static void insert(Surgery surgery, String id) throws IOException {
    ChromaDatabase database = surgery.database();
    var columns = new ArrayList<>(List.of("id", "name"));
    var values = new ArrayList<@Nullable Object>(List.of(id, nameFor(surgery, id)));
    if (surgery.level().hasTopicColumn()) {
      columns.add("topic");
      values.add(CollectionRow.topicOf(id));
    }
    if (surgery.level().hasDatabases()) {
      columns.add("database_id");
      values.add(DEFAULT_DATABASE_ID);
    }
    database.execute(
        "INSERT INTO collections(%s) VALUES (?%s)"
            .formatted(String.join(", ", columns), ",?".repeat(columns.size() - 1)),
        values.toArray());
  }

  /// The name stands nowhere else; but only one collection of MemPalace has drawers of such ids.
  private static String nameFor(Surgery surgery, String id) throws IOException {
    for (String name : List.of("mempalace_drawers", "mempalace_closets")) {
      String prefix = name.substring("mempalace_".length(), name.length() - 1) + "_%";
      boolean isFree =
          surgery.database().number("SELECT count(*) FROM collections WHERE name=?", name) == 0;
      if (isFree && surgery.database().number(SHARE, prefix, id) > 50) {
        return name;
      }
    }
    return "recovered-" + id;
  }

  private static final String SHARE =
      "SELECT coalesce(100 * sum(embedding_id LIKE ?) / count(*), 0) FROM embeddings WHERE"
          + " segment_id IN (SELECT id FROM segments WHERE collection=? AND scope='METADATA')";

  /// What is no UUID becomes one, wherever it stands.
  private static void renew(Surgery surgery, Named named) throws IOException {
    record Wrong(long row, @Nullable String id) {}
    List<Wrong> wrong =
        surgery
            .database()
            .list(
                "SELECT rowid, id FROM " + named.table, row -> new Wrong(row.integer(1), idOf(row)))
            .stream()
            .filter(one -> one.id() == null || !PalaceLayout.isSegmentName(one.id()))
            .toList();
    for (Wrong one : wrong) {
      String fresh = UUID.randomUUID().toString();
      surgery
          .database()
          .execute("UPDATE " + named.table + " SET id=? WHERE rowid=?", fresh, one.row());
      if (one.id() != null) {
        refer(surgery, named, one.id(), fresh);
      }
    }
  }

  private static @Nullable String idOf(Row row) {
    return row.isNull(2) ? null : row.text(2);
  }

  private static void refer(Surgery surgery, Named named, String old, String fresh)
      throws IOException {
    for (String reference : named.references) {
      String[] place = reference.split("[.]", 2);
      surgery
          .database()
          .execute(
              "UPDATE OR IGNORE %1$s SET %2$s=? WHERE %2$s=?".formatted(place[0], place[1]),
              fresh,
              old);
    }
    if (named == Named.COLLECTION) {
      surgery
          .database()
          .execute(
              "UPDATE embeddings_queue SET topic=? WHERE topic=?",
              CollectionRow.topicOf(fresh),
              CollectionRow.topicOf(old));
    }
  }
}
