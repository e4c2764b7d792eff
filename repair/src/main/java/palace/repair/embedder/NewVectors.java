package palace.repair.embedder;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import palace.common.files.AppendOnlyFile;
import palace.common.files.Durable;
import palace.common.files.FileOps;
import palace.common.files.Sha256;

/// The file `.palace/new-vectors.jsonl`: vectors that an endpoint gave and that are not in the
/// palace yet. It only grows, each batch is durable before the next is asked for, and it is gone
/// once the vectors are in the palace, so that nothing is embedded twice however often a run ends.
///
/// One JSON object a line; a line that a crash tore is passed over:
///
/// ```json
/// {"key": SHA-256 of collection, id, text and model, "vector": float32 little-endian in Base64}
/// ```
public final class NewVectors {
  /// Where the file is, relative to the palace.
  public static final String NAME = ".palace/new-vectors.jsonl";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LONGEST_LINE = 1 << 20;

  private final Path file;
  private final Map<String, float[]> vectors = new HashMap<>();

  private NewVectors(Path file) {
    this.file = file;
  }

  /// Reads what earlier runs got for a palace.
  public static NewVectors of(Path palace) throws IOException {
    var kept = new NewVectors(palace.resolve(NAME));
    if (Files.isRegularFile(kept.file, LinkOption.NOFOLLOW_LINKS)) {
      kept.read();
    }
    return kept;
  }

  /// {@return what a vector is kept under: the same drawer with another text needs another one}
  public static String key(String collection, String id, String text, String model) {
    var bytes = new ByteArrayOutputStream();
    for (String part : List.of(collection, id, text, model)) {
      byte[] encoded = part.getBytes(StandardCharsets.UTF_8);
      bytes.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(encoded.length).array());
      bytes.writeBytes(encoded);
    }
    return Sha256.of(bytes.toByteArray());
  }

  /// Removes the file: what it holds is in the palace.
  public void delete() throws IOException {
    FileOps.real().delete(file);
    vectors.clear();
  }

  /// {@return the vector that was got under a key}
  public Optional<float[]> get(String key) {
    return Optional.ofNullable(vectors.get(key));
  }

  /// {@return how many there are}
  public int size() {
    return vectors.size();
  }

  /// Keeps a batch; durable when it returns.
  public void add(Map<String, float[]> batch) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null && !Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      Durable.createDirectory(folder, Durable.OWNER_ONLY);
    }
    var lines = new ArrayList<String>();
    batch.forEach((key, vector) -> lines.add(line(key, vector)));
    AppendOnlyFile.append(file, lines);
    vectors.putAll(batch);
  }

  private static String line(String key, float[] vector) {
    ByteBuffer bytes =
        ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(vector);
    String encoded = Base64.getEncoder().encodeToString(bytes.array());
    return JSON.createObjectNode().put("key", key).put("vector", encoded).toString();
  }

  private void read() throws IOException {
    try (InputStream input = new BufferedInputStream(Files.newInputStream(file))) {
      var line = new ByteArrayOutputStream();
      for (int next = input.read(); next >= 0; next = input.read()) {
        if (next == '\n') {
          take(line);
          line.reset();
        } else if (line.size() <= LONGEST_LINE) {
          line.write(next);
        }
      }
      take(line);
    }
  }

  private void take(ByteArrayOutputStream line) {
    if (line.size() == 0 || line.size() > LONGEST_LINE) {
      return;
    }
    try {
      JsonNode root = JSON.readTree(line.toString(StandardCharsets.UTF_8));
      byte[] bytes = Base64.getDecoder().decode(root.path("vector").asText());
      float[] vector = new float[bytes.length / Float.BYTES];
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(vector);
      if (root.path("key").isTextual() && isSound(vector)) {
        vectors.put(root.path("key").asText(), vector);
      }
    } catch (JsonProcessingException | IllegalArgumentException e) {
      return;
    }
  }

  private static boolean isSound(float[] vector) {
    boolean zero = true;
    for (float component : vector) {
      if (!Float.isFinite(component)) {
        return false;
      }
      zero &= component == 0;
    }
    return !zero;
  }
}
