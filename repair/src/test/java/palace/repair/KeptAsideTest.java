package palace.repair;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import palace.common.Progress;
import palace.common.chroma.CollectionRow;
import palace.common.doctor.Doctor;
import palace.common.store.CollectionState;
import palace.common.store.Drawer;
import palace.common.store.Palace;
import palace.common.store.VectorSource;

/// What a repair takes out of a palace although it can still be read is kept as text.
class KeptAsideTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;
  private SamplePalace palace;

  @BeforeEach
  void sample() throws IOException {
    palace = SamplePalace.in(folder);
  }

  private RepairReport repaired() throws IOException {
    Outcome outcome = new Repair(Progress.SILENT).run(RepairRequest.of(palace.directory(), "test"));
    assertThat(outcome).isInstanceOf(Outcome.Repaired.class);
    assertThat(Doctor.examine(palace.directory(), Progress.SILENT).isHealthy()).isTrue();
    return ((Outcome.Repaired) outcome).report();
  }

  private static List<JsonNode> lines(RepairReport report, String name) throws IOException {
    Path file = report.snapshot().resolve(name);
    assertThat(report.notes()).anySatisfy(note -> assertThat(note).contains(file.toString()));
    var lines = new ArrayList<JsonNode>();
    for (String line : Files.readAllLines(file)) {
      lines.add(JSON.readTree(line));
    }
    return lines;
  }

  @Test
  void drawersOfNoCollectionAreKeptWithEveryValue() throws IOException {
    palace.breakEntryPoint();
    palace.sql(
        "INSERT INTO embeddings(id, segment_id, embedding_id, seq_id) VALUES (900, 'nobody', 'lost', x'0000000000000007')",
        "INSERT INTO embedding_metadata(id, key, string_value) VALUES (900, 'chroma:document', 'a readable text')",
        "INSERT INTO embedding_metadata(id, key, int_value) VALUES (900, 'n', 9007199254740993)",
        "INSERT INTO embedding_metadata(id, key, float_value) VALUES (900, 'f', 0.1)");

    List<JsonNode> lines = lines(repaired(), "left-out.jsonl");

    assertThat(palace.number("SELECT count(*) FROM embeddings WHERE id=900")).isZero();
    assertThat(lines).extracting(line -> line.path("table").asText()).contains("embeddings");
    assertThat(lines)
        .anySatisfy(line ->
            assertThat(line.path("row").path("string_value").asText()).isEqualTo("a readable text"))
        .anySatisfy(line ->
            assertThat(line.path("row").path("int_value").asLong()).isEqualTo(9007199254740993L))
        .anySatisfy(
            line -> assertThat(line.path("row").path("float_value").asDouble()).isEqualTo(0.1))
        .anySatisfy(line ->
            assertThat(line.path("row").path("seq_id").path("base64").asText())
                .isEqualTo("AAAAAAAAAAc="));
  }

  @Test
  void aValueThatReadersDidNotSeeIsKept() throws IOException {
    palace.sql(
        "UPDATE embedding_metadata SET int_value=4711 WHERE key='chroma:document' AND id=(SELECT min(id) FROM embeddings)");

    List<JsonNode> lines = lines(repaired(), "left-out.jsonl");

    assertThat(lines).hasSize(1);
    assertThat(lines.getFirst().path("row").path("int_value").asInt()).isEqualTo(4711);
    assertThat(palace.number("SELECT count(*) FROM embedding_metadata WHERE int_value=4711"))
        .isZero();
  }

  @Test
  void aQueueRowThatNobodyCanApplyIsKeptWithItsDocument() throws IOException {
    palace.sql(
        "INSERT INTO embeddings_queue(operation, topic, id, vector, encoding, metadata) SELECT 0, topic, 'odd', x'00', 'FLOAT32', '{\"chroma:document\":\"still readable\"}' FROM embeddings_queue LIMIT 1");

    List<JsonNode> lines = lines(repaired(), "left-out.jsonl");

    assertThat(lines).hasSize(1);
    assertThat(lines.getFirst().path("row").path("metadata").asText()).contains("still readable");
  }

  /// {@return the vectors that only the index has, by id}
  private Map<String, float[]> indexed() throws IOException {
    var vectors = new HashMap<String, float[]>();
    try (Palace opened = Palace.open(palace.directory())) {
      CollectionRow row =
          opened.collections().stream()
              .filter(each -> each.name().equals(SamplePalace.DRAWERS))
              .findFirst()
              .orElseThrow();
      try (CollectionState state = opened.open(row)) {
        for (var entry : state.entries()) {
          if (entry.vector() instanceof VectorSource.InIndex) {
            Drawer drawer = state.read(List.of(entry)).getFirst();
            vectors.put(drawer.id(), drawer.vector().orElseThrow().original(state.space()));
          }
        }
      }
    }
    return vectors;
  }

  @Test
  void vectorsOfNoDrawerAreKeptWithTheirIds() throws IOException {
    Map<String, float[]> vectors = indexed();
    String id = vectors.keySet().stream().sorted().findFirst().orElseThrow();
    palace.sql(
        "DELETE FROM embedding_metadata WHERE id=(SELECT id FROM embeddings WHERE embedding_id='"
            + id
            + "')",
        "DELETE FROM embedding_fulltext_search WHERE rowid=(SELECT id FROM embeddings WHERE embedding_id='"
            + id
            + "')",
        "DELETE FROM embeddings WHERE embedding_id='" + id + "'");

    List<JsonNode> lines = lines(repaired(), "ghosts.jsonl");

    assertThat(lines).hasSize(1);
    assertThat(lines.getFirst().path("id").asText()).isEqualTo(id);
    assertThat(lines.getFirst().path("collection").asText()).isEqualTo(SamplePalace.DRAWERS);
    assertThat(vector(lines.getFirst())).containsExactly(vectors.get(id));
  }

  @Test
  void vectorsWhoseIdsWereLostWithThePickleAreKeptAndNotGuessed() throws IOException {
    Map<String, float[]> vectors = indexed();
    // The sample is of a Python core, whose labels prove nothing about the order of rows.
    Files.delete(palace.index().resolve("index_metadata.pickle"));

    Outcome outcome = new Repair(Progress.SILENT).run(RepairRequest.of(palace.directory(), "test"));

    RepairReport report = ((Outcome.PartlyRepaired) outcome).report();
    List<JsonNode> lines = lines(report, "ghosts.jsonl");
    assertThat(lines).allSatisfy(line -> assertThat(line.path("id").isNull()).isTrue());
    var kept = new HashSet<ByteBuffer>();
    lines.forEach(line -> kept.add(bytes(line)));
    var expected = new HashSet<ByteBuffer>();
    for (String id : report.lost().get(SamplePalace.DRAWERS).vectors()) {
      expected.add(bytes(vectors.get(id)));
    }
    assertThat(expected).isNotEmpty();
    assertThat(kept).containsAll(expected);
  }

  private static ByteBuffer bytes(JsonNode line) {
    return ByteBuffer.wrap(Base64.getDecoder().decode(line.path("vector").asText()));
  }

  private static ByteBuffer bytes(float[] vector) {
    ByteBuffer bytes =
        ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(vector);
    return bytes.order(ByteOrder.BIG_ENDIAN);
  }

  private static float[] vector(JsonNode line) {
    ByteBuffer bytes = bytes(line).order(ByteOrder.LITTLE_ENDIAN);
    float[] vector = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(vector);
    return vector;
  }
}
