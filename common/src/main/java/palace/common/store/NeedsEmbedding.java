package palace.common.store;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import palace.common.chroma.MetadataValue;
import palace.common.files.Durable;
import palace.common.files.LineFile;

/// The file `.palace/needs-embedding.jsonl`: the drawers whose vector exists nowhere. A Chroma
/// whose index lacks a record fails for the whole page that holds it, so they stay out of the
/// database until they have a vector again.
///
/// One JSON object a line:
///
/// ```json
/// {"collection": NAME, "id": ID, "document": TEXT or null, "metadata": {KEY: VALUE}}
/// ```
public final class NeedsEmbedding {
  /// Where the file is, relative to the palace.
  public static final String NAME = ".palace/needs-embedding.jsonl";

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private NeedsEmbedding() {}

  /// Writes the file into a directory that nobody else sees yet when there is such a drawer; the
  /// caller forces the finished directory.
  ///
  /// @return per collection the ids in the file
  public static Map<String, List<String>> write(
      Path directory, Collection<CollectionState> collections, int batchSize) throws IOException {
    var lost = new TreeMap<String, List<String>>();
    for (CollectionState state : collections) {
      List<String> ids = state.missingVectors();
      if (!ids.isEmpty()) {
        lost.computeIfAbsent(state.name(), name -> new ArrayList<>()).addAll(ids);
      }
    }
    if (!lost.isEmpty()) {
      writeFile(directory.resolve(NAME), collections, batchSize);
    }
    return lost;
  }

  private static void writeFile(Path file, Collection<CollectionState> collections, int batchSize)
      throws IOException {
    Path folder = Objects.requireNonNull(file.getParent());
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      Durable.createDirectory(folder, Durable.OWNER_ONLY);
    }
    try (LineFile lines = LineFile.create(file)) {
      for (CollectionState state : collections) {
        List<DrawerEntry> without =
            state.entries().stream()
                .filter(entry -> entry.vector() instanceof VectorSource.Missing)
                .toList();
        for (int from = 0; from < without.size(); from += batchSize) {
          int to = (int) Math.min(without.size(), (long) from + batchSize);
          for (Drawer drawer : state.read(without.subList(from, to))) {
            lines.append(line(state.name(), drawer));
          }
        }
      }
    }
  }

  /// {@return the line for one drawer, without its end}
  public static String line(String collection, Drawer drawer) {
    ObjectNode line = NODES.objectNode().put("collection", collection).put("id", drawer.id());
    line.put("document", drawer.document().orElse(null));
    ObjectNode metadata = line.putObject("metadata");
    drawer
        .metadata()
        .forEach((key, value) -> {
          if (!key.equals(MetadataValue.DOCUMENT_KEY)) {
            put(metadata, key, value);
          }
        });
    return line.toString();
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
