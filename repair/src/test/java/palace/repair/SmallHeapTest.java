package palace.repair;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import palace.common.chroma.MetadataValue;
import palace.common.files.FileOps;
import palace.common.store.Drawer;
import palace.common.store.NeedsEmbedding;
import palace.repair.embedder.NewVectors;

/// What waits for an embedder does not have to fit into memory: a JVM of its own, with less heap
/// than the files have bytes.
final class SmallHeapTest {
  private static final int BATCHES = 150;
  private static final int BATCH = 100;
  private static final int DIMENSION = 1024;
  private static final String TEXT = "word ".repeat(100_000);

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"vectors", "texts"})
  void filesLargerThanTheHeapAreWrittenAndReadAgain(String which) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx48m",
                "-cp",
                System.getProperty("java.class.path"),
                SmallHeapTest.class.getName(),
                which,
                folder.toString())
            .inheritIO()
            .start();

    assertThat(process.waitFor()).isZero();
  }

  static void main(String[] arguments) throws IOException {
    Path palace = Path.of(arguments[1]);
    if (arguments[0].equals("vectors")) {
      vectors(palace);
    } else {
      texts(palace);
    }
  }

  private static void vectors(Path palace) throws IOException {
    NewVectors kept = NewVectors.of(palace);
    for (int batch = 0; batch < BATCHES; batch++) {
      var vectors = new TreeMap<String, float[]>();
      for (int i = batch * BATCH; i < (batch + 1) * BATCH; i++) {
        vectors.put("key" + i, vector(i));
      }
      kept.add(vectors);
    }
    try (NewVectors.Reader reader = NewVectors.of(palace).open()) {
      for (int i = 0; i < BATCHES * BATCH; i++) {
        assertThat(reader.get("key" + i).orElseThrow()).isEqualTo(vector(i));
      }
    }
  }

  private static float[] vector(int seed) {
    float[] vector = new float[DIMENSION];
    vector[seed % DIMENSION] = seed + 1;
    return vector;
  }

  private static void texts(Path palace) throws IOException {
    Path folder = Files.createDirectories(palace.resolve(".palace").resolve("run"));
    var drawer = new Drawer("drawer", metadata(), Optional.empty(), 1);
    Path list = palace.resolve(NeedsEmbedding.NAME);
    for (int run = 0; run < 2; run++) {
      var text = new KeptText(FileOps.real(), palace, folder);
      for (int batch = 0; batch < BATCHES; batch++) {
        text.add("collection", List.of(drawer));
      }
      FileOps.real().rename(folder.resolve(list.getFileName()), list);
    }
    int[] lines = {0};
    NeedsEmbedding.each(list, line -> lines[0]++);
    assertThat(lines[0]).isEqualTo(2 * BATCHES);
  }

  private static Map<String, MetadataValue> metadata() {
    return Map.of(MetadataValue.DOCUMENT_KEY, new MetadataValue.Text(TEXT));
  }
}
