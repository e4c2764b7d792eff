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
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import palace.common.files.AppendOnlyFile;
import palace.common.files.Durable;
import palace.common.files.FileOps;
import palace.common.files.Sha256;

/// The file `.palace/new-vectors.jsonl`: vectors that an endpoint gave and that are not in the
/// palace yet. It only grows, each batch is durable before the next is asked for, and it is gone
/// once the vectors are in the palace, so that nothing is embedded twice however often a run ends.
/// In memory is where each line begins, less than 200 bytes for a vector of any length.
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
  private final Map<String, Line> lines = new HashMap<>();

  /// Up to where the file has been read.
  private long end;

  private record Line(long at, int bytes) {}

  private record Kept(String key, float[] vector) {}

  private NewVectors(Path file) {
    this.file = file;
  }

  /// Reads what earlier runs got for a palace.
  public static NewVectors of(Path palace) throws IOException {
    var kept = new NewVectors(palace.resolve(NAME));
    kept.readOn();
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
    lines.clear();
    end = 0;
  }

  /// {@return whether a vector was got under a key}
  public boolean has(String key) {
    return lines.containsKey(key);
  }

  /// Opens the file to take vectors out of it; whoever opens it closes it.
  public Reader open() throws IOException {
    return new Reader(FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
  }

  /// Takes single vectors out of the file.
  public final class Reader implements AutoCloseable {
    private final FileChannel channel;

    private Reader(FileChannel channel) {
      this.channel = channel;
    }

    /// {@return the vector that was got under a key; empty, too, when its line is not what it was}
    public Optional<float[]> get(String key) throws IOException {
      @Nullable Line line = lines.get(key);
      return line == null
          ? Optional.empty()
          : parse(bytes(line)).filter(kept -> kept.key().equals(key)).map(Kept::vector);
    }

    private byte[] bytes(Line line) throws IOException {
      ByteBuffer bytes = ByteBuffer.allocate(line.bytes());
      while (bytes.hasRemaining() && channel.read(bytes, line.at() + bytes.position()) > 0) {}
      return bytes.array();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  /// Keeps a batch; durable when it returns.
  public void add(Map<String, float[]> batch) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null && !Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      Durable.createDirectory(folder, Durable.OWNER_ONLY);
    }
    var added = new ArrayList<String>();
    batch.forEach((key, vector) -> added.add(line(key, vector)));
    AppendOnlyFile.append(file, added);
    readOn();
  }

  private static String line(String key, float[] vector) {
    ByteBuffer bytes =
        ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(vector);
    String encoded = Base64.getEncoder().encodeToString(bytes.array());
    return JSON.createObjectNode().put("key", key).put("vector", encoded).toString();
  }

  /// Learns where the lines are that were not read yet. What is appended behind a torn line begins
  /// with its end.
  private void readOn() throws IOException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Reader reader = open();
        InputStream input =
            new BufferedInputStream(Channels.newInputStream(reader.channel.position(end)))) {
      var line = new ByteArrayOutputStream();
      long at = end;
      for (int next = input.read(); next >= 0; next = input.read()) {
        end++;
        if (next == '\n') {
          take(at, line);
          line.reset();
          at = end;
        } else if (line.size() <= LONGEST_LINE) {
          line.write(next);
        }
      }
      take(at, line);
    }
  }

  private void take(long at, ByteArrayOutputStream line) {
    if (line.size() > 0 && line.size() <= LONGEST_LINE) {
      parse(line.toByteArray()).ifPresent(kept -> lines.put(kept.key(), new Line(at, line.size())));
    }
  }

  private static Optional<Kept> parse(byte[] line) {
    try {
      JsonNode root = JSON.readTree(new String(line, StandardCharsets.UTF_8));
      byte[] bytes = Base64.getDecoder().decode(root.path("vector").asText());
      float[] vector = new float[bytes.length / Float.BYTES];
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(vector);
      return root.path("key").isTextual() && isSound(vector)
          ? Optional.of(new Kept(root.path("key").asText(), vector))
          : Optional.empty();
    } catch (JsonProcessingException | IllegalArgumentException e) {
      return Optional.empty();
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
