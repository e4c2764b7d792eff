package palace.common.snapshot;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import palace.common.RunId;
import palace.common.files.BoundedReader;
import palace.common.files.FileDigest;
import palace.common.swap.Seal;

/// The file `snapshot.json`:
///
/// ```json
/// {"formatVersion": 1, "id": I, "scope": "aside|db|full", "command": TEXT, "created": TIME, "toolVersion": V,
///  "bytes": BYTES, "files": {"palace/chroma.sqlite3": {"size": BYTES, "sha256": HEX}},
///  "restored": I, "release": TEXT, "collections": {LABEL: {"drawers": N, "contentDigest": HEX}},
///  "segments": {UUID: MARK}}
/// ```
///
/// The last four are there when they are known.
final class SnapshotJson {
  static final String NAME = "snapshot.json";

  private static final int FORMAT_VERSION = 1;
  private static final int LONGEST_BYTES = 64 << 20;
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  private SnapshotJson() {}

  static byte[] write(Snapshot snapshot) throws IOException {
    var root = JSON.createObjectNode().put("formatVersion", FORMAT_VERSION);
    root.put("id", snapshot.id().value()).put("scope", snapshot.scope().word());
    root.put("command", snapshot.command()).put("created", snapshot.created().toString());
    root.put("toolVersion", snapshot.toolVersion()).put("bytes", snapshot.bytes());
    root.set("files", JSON.valueToTree(snapshot.files()));
    snapshot.restored().ifPresent(id -> root.put("restored", id.value()));
    snapshot.known().release().ifPresent(release -> root.put("release", release));
    if (!snapshot.known().collections().isEmpty()) {
      root.set("collections", JSON.valueToTree(snapshot.known().collections()));
    }
    if (!snapshot.segments().isEmpty()) {
      root.set("segments", JSON.valueToTree(snapshot.segments()));
    }
    return JSON.writeValueAsBytes(root);
  }

  /// {@return what the folder is by its `snapshot.json`; a file that cannot be understood is a
  /// damaged entry, never an error}
  static SnapshotEntry read(Path directory) {
    Path file = directory.resolve(NAME);
    try {
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        return new SnapshotEntry.Damaged(directory, "has no " + NAME);
      }
      var content = BoundedReader.readAtMost(file, LONGEST_BYTES);
      return content.isPresent()
          ? parse(directory, content.get())
          : new SnapshotEntry.Damaged(directory, NAME + " is longer than 64 MiB");
    } catch (JsonProcessingException | IllegalArgumentException | DateTimeException e) {
      return new SnapshotEntry.Damaged(directory, NAME + " cannot be understood");
    } catch (IOException e) {
      return new SnapshotEntry.Damaged(directory, NAME + " cannot be read: " + e.getMessage());
    }
  }

  private static SnapshotEntry parse(Path directory, byte[] content) throws IOException {
    JsonNode root = JSON.readTree(content);
    if (root.path("formatVersion").asInt() != FORMAT_VERSION) {
      return new SnapshotEntry.Damaged(directory, NAME + " has another format version");
    }
    var files = objects(root.required("files"), FileDigest.class);
    var id = new RunId(root.required("id").asText());
    if (!id.value().equals(directory.getFileName().toString())) {
      return new SnapshotEntry.Damaged(directory, NAME + " describes " + id);
    }
    return new SnapshotEntry.Kept(
        directory,
        new Snapshot(
            id,
            scope(root.required("scope").asText()),
            root.required("command").asText(),
            Instant.parse(root.required("created").asText()),
            root.required("toolVersion").asText(),
            files,
            root.required("bytes").asLong(),
            text(root, "restored").map(RunId::new),
            new Snapshot.Known(
                text(root, "release"), objects(root.path("collections"), Seal.Contents.class)),
            segments(root.path("segments"))));
  }

  private static Optional<String> text(JsonNode root, String name) {
    return Optional.of(root.path(name)).filter(JsonNode::isTextual).map(JsonNode::asText);
  }

  private static <T> SortedMap<String, T> objects(JsonNode node, Class<T> type)
      throws JsonProcessingException {
    var objects = new TreeMap<String, T>();
    for (var entry : node.properties()) {
      if (!entry.getValue().isObject()) {
        throw new IllegalArgumentException("expected an object for " + entry.getKey());
      }
      objects.put(entry.getKey(), JSON.treeToValue(entry.getValue(), type));
    }
    return objects;
  }

  private static SortedMap<String, String> segments(JsonNode node) {
    var segments = new TreeMap<String, String>();
    node.properties().forEach(entry -> segments.put(entry.getKey(), entry.getValue().asText()));
    return segments;
  }

  private static Snapshot.Scope scope(String word) {
    for (var scope : Snapshot.Scope.values()) {
      if (scope.word().equals(word)) {
        return scope;
      }
    }
    throw new IllegalArgumentException("no such scope: " + word);
  }
}
