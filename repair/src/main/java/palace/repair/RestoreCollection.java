package palace.repair;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import palace.common.PalaceException;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.ConfigurationText;
import palace.common.chroma.IndexConfiguration;
import palace.common.chroma.MetadataValue;
import palace.common.chroma.RecordRows;
import palace.common.chroma.SegmentRow;
import palace.common.doctor.Finding;
import palace.common.sources.OpenCopy;
import palace.common.sources.Source;
import palace.common.store.CollectionState;

/// Makes a collection that the palace lacks and a copy holds, empty at first, under a fresh id,
/// with what the copy says about its index and embedding function.
public record RestoreCollection(Source.Copy source, CollectionRow like) implements Treatment {
  @Override
  public String code() {
    return "restore-collection";
  }

  @Override
  public String act() {
    return "make the collection again as it is in " + source.place();
  }

  @Override
  public Optional<String> collection() {
    return Optional.of(like.name());
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
    try (OpenCopy copy = OpenCopy.open(source)) {
      CollectionRow there =
          OpenCopy.find(copy.palace(), like, like.name())
              .orElseThrow(() ->
                  new PalaceException.Failed(
                      "%s has no collection %s any more".formatted(source.place(), like.name()),
                      "run palace doctor"));
      insert(surgery, copy.state(there), there);
    }
    return 1;
  }

  private void insert(Surgery surgery, CollectionState state, CollectionRow there)
      throws IOException {
    String id = UUID.randomUUID().toString();
    insertRow(surgery, state, there, id);
    for (Map.Entry<String, MetadataValue> entry : there.metadata().entrySet()) {
      insertValue(surgery, "collection_metadata", "collection_id", id, entry);
    }
    String vectors = UUID.randomUUID().toString();
    SegmentRows.insert(surgery, vectors, SegmentRow.VECTOR, id);
    SegmentRows.insert(surgery, UUID.randomUUID().toString(), SegmentRow.METADATA, id);
    if (!surgery.level().hasIntegerSequences()) {
      var stated = state.vectorSegment().map(SegmentRow::metadata).orElse(Map.of());
      for (Map.Entry<String, MetadataValue> entry : stated.entrySet()) {
        insertValue(surgery, "segment_metadata", "segment_id", vectors, entry);
      }
    }
  }

  private static void insertRow(
      Surgery surgery, CollectionState state, CollectionRow there, String id) throws IOException {
    Set<String> columns = surgery.database().schema().columns("collections");
    var names = new ArrayList<>(List.of("id", "name"));
    var values = new ArrayList<@Nullable Object>(List.of(id, there.name()));
    if (columns.contains("topic")) {
      names.add("topic");
      values.add(CollectionRow.topicOf(id));
    }
    if (columns.contains("database_id")) {
      names.add("database_id");
      values.add(there.databaseId());
    }
    IndexConfiguration index = state.index();
    var function = state.settings().embeddingFunction();
    if (surgery.level().hasConfiguration()) {
      names.add("config_json_str");
      values.add(ConfigurationText.configuration(surgery.level(), index, function));
    }
    if (surgery.level().hasSchema()) {
      names.add("schema_str");
      values.add(ConfigurationText.schema(index, function, there.schema()));
    }
    surgery
        .database()
        .execute(
            "INSERT INTO collections(%s) VALUES (%s)"
                .formatted(
                    String.join(", ", names),
                    String.join(",", Collections.nCopies(names.size(), "?"))),
            values.toArray());
  }

  private static void insertValue(
      Surgery surgery,
      String table,
      String owner,
      String id,
      Map.Entry<String, MetadataValue> entry)
      throws IOException {
    boolean hasBoolean = surgery.database().schema().columns(table).contains("bool_value");
    String column =
        switch (entry.getValue()) {
          case MetadataValue.Text text -> "str_value";
          case MetadataValue.Whole whole -> "int_value";
          case MetadataValue.Real real -> "float_value";
          case MetadataValue.Flag flag -> hasBoolean ? "bool_value" : "int_value";
          case MetadataValue.Listing listing ->
              throw new IllegalArgumentException("a collection's metadata holds no lists");
        };
    surgery
        .database()
        .execute(
            "INSERT INTO %s(%s, key, %s) VALUES (?,?,?)".formatted(table, owner, column),
            id,
            entry.getKey(),
            RecordRows.stored(entry.getValue()));
  }
}
