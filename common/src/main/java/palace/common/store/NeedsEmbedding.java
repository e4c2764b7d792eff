package palace.common.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import palace.common.PalaceException;
import palace.common.chroma.MetadataValue;
import palace.common.chroma.QueueMetadata;
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
  private static final int LONGEST_LINE = 64 << 20;

  private NeedsEmbedding() {}

  /// A line of the file.
  ///
  /// @param text the line itself, to be kept as it is
  /// @param drawer what it says; empty when it cannot be understood
  public record Line(String text, Optional<Listed> drawer) {}

  /// A drawer that needs a vector.
  ///
  /// @param collection the label, or the bare name, of its collection
  /// @param id the user's id
  /// @param document its document, absent when it has none
  /// @param metadata every typed value, the document among them
  /// @param unsupported keys of values that no Chroma can be given through its queue
  public record Listed(
      String collection,
      String id,
      Optional<String> document,
      Map<String, MetadataValue> metadata,
      List<String> unsupported) {}

  /// Takes one line.
  @FunctionalInterface
  public interface LineConsumer {
    /// Uses a line.
    void accept(Line line) throws IOException;
  }

  /// Hands over every line of a list, one at a time; nothing when the file does not exist.
  ///
  /// @throws PalaceException.Refused when a line is too long to be one of ours, or no text
  public static void each(Path file, LineConsumer consumer) throws IOException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      var line = new StringBuilder();
      for (int next = reader.read(); next >= 0; next = reader.read()) {
        if (next == '\n') {
          accept(line, consumer);
        } else if (line.length() == LONGEST_LINE) {
          throw new PalaceException.Refused(
              "%s has a line of more than %,d characters".formatted(file, LONGEST_LINE),
              "it is no list that palace wrote; move it away");
        } else {
          line.append((char) next);
        }
      }
      accept(line, consumer);
    } catch (CharacterCodingException e) {
      throw new PalaceException.Refused(
          file + " holds bytes that are no UTF-8 text",
          "it is not as palace wrote it; move it away and look at it",
          e);
    }
  }

  private static void accept(StringBuilder line, LineConsumer consumer) throws IOException {
    String text = line.toString();
    line.setLength(0);
    if (!text.isBlank()) {
      consumer.accept(new Line(text, parse(text)));
    }
  }

  private static Optional<Listed> parse(String text) {
    try {
      JsonNode root = QueueMetadata.LENIENT.readTree(text);
      boolean named = root.path("collection").isTextual() && root.path("id").isTextual();
      return named ? listed(root) : Optional.empty();
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  private static Optional<Listed> listed(JsonNode root) {
    var metadata = new LinkedHashMap<String, MetadataValue>();
    var unsupported = new ArrayList<String>();
    if (root.path("metadata") instanceof ObjectNode object) {
      if (!(QueueMetadata.parse(Optional.of(object.toString()))
          instanceof
          QueueMetadata.Changes(
              Map<String, Optional<MetadataValue>> values,
              List<String> notSupported))) {
        return Optional.empty();
      }
      values.forEach((key, value) -> value.ifPresent(found -> metadata.put(key, found)));
      unsupported.addAll(notSupported);
    }
    Optional<String> document =
        root.path("document").isTextual()
            ? Optional.of(root.path("document").asText())
            : Optional.empty();
    document.ifPresent(
        found -> metadata.put(MetadataValue.DOCUMENT_KEY, new MetadataValue.Text(found)));
    return Optional.of(
        new Listed(
            root.path("collection").asText(),
            root.path("id").asText(),
            document,
            metadata,
            unsupported));
  }

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
            lines.append(line(state.row().label(), drawer));
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
      case MetadataValue.Real(double number) when Double.isFinite(number) ->
          object.put(key, number);
      // JSON has no word for it, and the queue could not hold it either.
      case MetadataValue.Real(double number) ->
          object.putObject(key).put("float", Double.toString(number));
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
