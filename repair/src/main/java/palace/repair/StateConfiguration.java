package palace.repair;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.ConfigurationText;
import palace.common.doctor.CollectionName;
import palace.common.doctor.Finding;

/// States the true space of a collection, with the rest of its configuration, wherever a release
/// looks.
public record StateConfiguration(CollectionName in) implements CollectionTreatment {
  @Override
  public String code() {
    return "state-configuration";
  }

  @Override
  public String act() {
    return "state the space that the vectors were stored for wherever Chroma looks";
  }

  private static final String KNOWN =
      "'hnsw:space','hnsw:construction_ef','hnsw:search_ef','hnsw:M','hnsw:num_threads',"
          + "'hnsw:resize_factor','hnsw:batch_size','hnsw:sync_threshold'";
  private static final String UNUSABLE =
      "key LIKE 'hnsw:%' AND (key NOT IN ("
          + KNOWN
          + ") OR key<>'hnsw:space' AND int_value IS NULL AND (key<>'hnsw:resize_factor' OR float_value IS NULL)"
          + " OR key IN ('hnsw:batch_size','hnsw:sync_threshold') AND int_value<3)";

  @Override
  public long apply(Surgery surgery, List<Finding> findings) throws IOException {
    CollectionFacts facts = surgery.facts(in);
    long changed = stateTexts(surgery, facts);
    if (facts.vectorSegment().isPresent()) {
      changed += stateMetadata(surgery.database(), facts);
    }
    return changed;
  }

  private long stateTexts(Surgery surgery, CollectionFacts facts) throws IOException {
    if (!surgery.level().hasConfiguration()) {
      return 0;
    }
    long changed =
        surgery
            .database()
            .execute(
                "UPDATE collections SET config_json_str=? WHERE id=?",
                ConfigurationText.configuration(
                    surgery.level(), facts.index(), facts.embeddingFunction()),
                in.id());
    return surgery.level().hasSchema() ? changed + stateSchema(surgery, facts) : changed;
  }

  private long stateSchema(Surgery surgery, CollectionFacts facts) throws IOException {
    Optional<String> present = facts.row().schema();
    return surgery
        .database()
        .execute(
            "UPDATE collections SET schema_str=? WHERE id=?",
            ConfigurationText.schema(facts.index(), facts.embeddingFunction(), present),
            in.id());
  }

  private static long stateMetadata(ChromaDatabase database, CollectionFacts facts)
      throws IOException {
    String segment = facts.vectorSegment().orElseThrow().id();
    long changed =
        database.execute(
            "DELETE FROM segment_metadata WHERE segment_id=? AND " + UNUSABLE, segment);
    database.execute(
        "DELETE FROM segment_metadata WHERE segment_id=? AND key='hnsw:space'", segment);
    return changed
        + database.execute(
            "INSERT INTO segment_metadata(segment_id, key, str_value) VALUES (?, 'hnsw:space', ?)",
            segment,
            facts.index().space().chromaName());
  }
}
