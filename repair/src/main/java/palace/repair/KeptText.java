package palace.repair;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import palace.common.chroma.MetadataValue;
import palace.common.chroma.QueueRow;
import palace.common.files.AtomicFile;
import palace.common.files.FileOps;
import palace.common.store.Drawer;

/// The file `.palace/needs-embedding.jsonl`: one JSON object a line for every drawer that left its
/// collection because its vector exists nowhere.
///
/// ```json
/// {"collection": NAME, "id": ID, "document": TEXT or null, "metadata": {KEY: VALUE}}
/// ```
final class NeedsEmbedding {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final FileOps ops;
  private final Path file;
  private Optional<byte[]> before = Optional.empty();
  private boolean changed;

  NeedsEmbedding(FileOps ops, Path folder) {
    this.ops = ops;
    file = folder.resolve("needs-embedding.jsonl");
  }

  Path file() {
    return file;
  }

  /// Adds drawers behind what is there; durable when it returns.
  void add(String collection, List<Drawer> drawers) throws IOException {
    Optional<byte[]> present =
        Files.exists(file) ? Optional.of(Files.readAllBytes(file)) : Optional.empty();
    if (!changed) {
      before = present;
      changed = true;
    }
    var content = new ByteArrayOutputStream();
    present.ifPresent(content::writeBytes);
    for (Drawer drawer : drawers) {
      content.writeBytes(line(collection, drawer).getBytes(StandardCharsets.UTF_8));
    }
    AtomicFile.write(ops, file, content.toByteArray());
  }

  private static String line(String collection, Drawer drawer) throws IOException {
    Map<String, MetadataValue> metadata = new TreeMap<>(drawer.metadata());
    metadata.remove(MetadataValue.DOCUMENT_KEY);
    ObjectNode object = JSON.createObjectNode().put("collection", collection);
    object.put("id", drawer.id()).put("document", drawer.document().orElse(null));
    object.set("metadata", JSON.readTree(QueueRow.json(metadata)));
    return JSON.writeValueAsString(object) + "\n";
  }

  /// Puts the file back as it was.
  void undo() throws IOException {
    if (!changed) {
      return;
    }
    if (before.isPresent()) {
      AtomicFile.write(ops, file, before.get());
    } else if (Files.exists(file)) {
      ops.delete(file);
    }
  }
}
