package palace.repair;

import java.io.IOException;
import java.util.List;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.ConfigurationText;
import palace.common.chroma.IndexConfiguration;
import palace.common.doctor.CollectionName;
import palace.common.doctor.Finding;

/// States how many writes make Chroma persist the index, in each of the places where Chroma or
/// MemPalace look, and at a number that a collection of this size reaches.
///
/// MemPalace 3.11 looks into `collection_metadata`, then into `schema_str`. It refuses writes when
/// neither says anything and the queue has had a tail for more than five minutes.
public record StateThreshold(CollectionName in) implements CollectionTreatment {
  private static final String KEY = "hnsw:sync_threshold";

  @Override
  public String code() {
    return "state-sync-threshold";
  }

  @Override
  public String act() {
    return "state after how many writes the index is persisted";
  }

  @Override
  public long apply(Surgery surgery, List<Finding> findings) throws IOException {
    CollectionFacts facts = surgery.facts(in);
    IndexConfiguration index = facts.index();
    int threshold = Math.min(index.syncThreshold(), IndexConfiguration.DEFAULT.syncThreshold());
    IndexConfiguration stated = index.withSyncThreshold(threshold);
    long changed =
        state(surgery.database(), "collection_metadata", "collection_id", in.id(), threshold);
    if (facts.vectorSegment().isPresent() && mayStateInSegment(surgery, facts)) {
      changed +=
          state(
              surgery.database(),
              "segment_metadata",
              "segment_id",
              surgery.newIndex(in).segmentId(),
              threshold);
    }
    return changed + stateTexts(surgery, facts, stated);
  }

  /// Up to 0.6 nothing else counts. Later it counts only where nothing else is stated, and must
  /// then name the space as well.
  private static boolean mayStateInSegment(Surgery surgery, CollectionFacts facts) {
    return !surgery.level().hasIntegerSequences() || facts.settings().segment().isPresent();
  }

  private static long state(
      ChromaDatabase database, String table, String owner, String id, int threshold)
      throws IOException {
    database.execute("DELETE FROM %s WHERE %s=? AND key=?".formatted(table, owner), id, KEY);
    // A Python core refuses to gather more rows than it persists at once.
    database.execute(
        "UPDATE %s SET int_value=? WHERE %s=? AND key='hnsw:batch_size' AND int_value>?"
            .formatted(table, owner),
        threshold,
        id,
        threshold);
    return database.execute(
        "INSERT INTO %s(%s, key, int_value) VALUES (?,?,?)".formatted(table, owner),
        id,
        KEY,
        threshold);
  }

  private long stateTexts(Surgery surgery, CollectionFacts facts, IndexConfiguration stated)
      throws IOException {
    if (!surgery.level().hasConfiguration()) {
      return 0;
    }
    long changed =
        surgery
            .database()
            .execute(
                "UPDATE collections SET config_json_str=? WHERE id=?",
                ConfigurationText.configuration(surgery.level(), stated, facts.embeddingFunction()),
                in.id());
    return surgery.level().hasSchema()
        ? changed
            + surgery
                .database()
                .execute(
                    "UPDATE collections SET schema_str=? WHERE id=?",
                    ConfigurationText.schema(
                        stated, facts.embeddingFunction(), facts.row().schema()),
                    in.id())
        : changed;
  }
}
