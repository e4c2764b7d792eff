package palace.migrate;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import palace.common.chroma.MetadataValue;
import palace.common.files.Durable;
import palace.common.files.LineFile;
import palace.common.store.CollectionState;
import palace.common.store.Drawer;
import palace.common.store.DrawerEntry;
import palace.common.store.VectorSource;

/// Keeps the drawers whose vector exists nowhere: a Chroma whose index lacks a record fails for the
/// whole page that holds it, so they stay out of the database until they have a vector again.
///
/// One JSON object a line: `{"collection", "id", "document", "metadata"}`.
final class NeedsEmbedding {
  static final String NAME = ".palace/needs-embedding.jsonl";

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private NeedsEmbedding() {}

  /// Writes the file when there is such a drawer.
  ///
  /// @return per collection the ids in the file
  static Map<String, List<String>> write(Path build, OpenSource source, int batchSize)
      throws IOException {
    var lost = new TreeMap<String, List<String>>();
    for (CollectionState state : source.collections()) {
      List<String> ids = state.missingVectors();
      if (!ids.isEmpty()) {
        lost.merge(state.name(), ids, NeedsEmbedding::both);
      }
    }
    if (!lost.isEmpty()) {
      writeFile(build.resolve(NAME), source, batchSize);
    }
    return lost;
  }

  private static List<String> both(List<String> first, List<String> second) {
    return java.util.stream.Stream.concat(first.stream(), second.stream()).toList();
  }

  private static void writeFile(Path file, OpenSource source, int batchSize) throws IOException {
    Path folder = java.util.Objects.requireNonNull(file.getParent());
    if (!Files.isDirectory(folder)) {
      Durable.createDirectory(folder, Durable.OWNER_ONLY);
    }
    try (LineFile lines = LineFile.create(file)) {
      for (CollectionState state : source.collections()) {
        List<DrawerEntry> without =
            state.entries().stream()
                .filter(entry -> entry.vector() instanceof VectorSource.Missing)
                .toList();
        for (int from = 0; from < without.size(); from += batchSize) {
          int to = (int) Math.min(without.size(), (long) from + batchSize);
          for (Drawer drawer : state.read(without.subList(from, to))) {
            lines.append(json(state.name(), drawer).toString());
          }
        }
      }
    }
  }

  private static ObjectNode json(String collection, Drawer drawer) {
    ObjectNode line = NODES.objectNode().put("collection", collection).put("id", drawer.id());
    line.put("document", drawer.document().orElse(null));
    ObjectNode metadata = line.putObject("metadata");
    new LinkedHashMap<>(drawer.metadata())
        .forEach((key, value) -> {
          if (!key.equals(MetadataValue.DOCUMENT_KEY)) {
            put(metadata, key, value);
          }
        });
    return line;
  }

  private static void put(ObjectNode object, String key, MetadataValue value) {
    switch (value) {
      case MetadataValue.Text(String text) -> object.put(key, text);
      case MetadataValue.Whole(long number) -> object.put(key, number);
      case MetadataValue.Real(double number) -> object.put(key, number);
      case MetadataValue.Flag(boolean flag) -> object.put(key, flag);
      case MetadataValue.Listing(List<MetadataValue> values) -> {
        var array = object.putArray(key);
        for (MetadataValue element : values) {
          ObjectNode holder = NODES.objectNode();
          put(holder, key, element);
          array.add(holder.get(key));
        }
      }
    }
  }
}
