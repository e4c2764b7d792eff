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
import java.util.TreeMap;
import palace.common.RunId;
import palace.common.files.BoundedReader;
import palace.common.files.FileDigest;

/// The file `snapshot.json`:
///
/// ```json
/// {"formatVersion": 1, "id": I, "scope": "aside|db|full", "command": TEXT, "created": TIME, "toolVersion": V,
///  "bytes": BYTES, "files": {"palace/chroma.sqlite3": {"size": BYTES, "sha256": HEX}}}
/// ```
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
    var files = new TreeMap<String, FileDigest>();
    for (var entry : root.required("files").properties()) {
      if (!entry.getValue().isObject()) {
        throw new IllegalArgumentException("no digest of " + entry.getKey());
      }
      files.put(entry.getKey(), JSON.treeToValue(entry.getValue(), FileDigest.class));
    }
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
            root.required("bytes").asLong()));
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
