package palace.repair.embedder;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NewVectorsTest {
  @TempDir Path palace;

  private static Optional<float[]> get(NewVectors vectors, String key) throws IOException {
    try (NewVectors.Reader reader = vectors.open()) {
      return reader.get(key);
    }
  }

  @Test
  void whatWasKeptIsFoundByThisRunAndTheNext() throws IOException {
    var vectors = NewVectors.of(palace);
    assertThat(vectors.has("a")).isFalse();
    vectors.add(Map.of("a", new float[] {1, -0f, 1e-40f}));
    vectors.add(Map.of("b", new float[] {2}, "c", new float[] {3}));
    vectors.add(Map.of("c", new float[] {4}));

    for (NewVectors kept : new NewVectors[] {vectors, NewVectors.of(palace)}) {
      assertThat(kept.has("a")).isTrue();
      assertThat(kept.has("d")).isFalse();
      assertThat(get(kept, "a")).hasValue(new float[] {1, -0f, 1e-40f});
      assertThat(get(kept, "b")).hasValue(new float[] {2});
      assertThat(get(kept, "c")).hasValue(new float[] {4});
      assertThat(get(kept, "d")).isEmpty();
    }
  }

  @Test
  void aTornLineIsPassedOverAndWhatFollowsIsFound() throws IOException {
    NewVectors.of(palace).add(Map.of("a", new float[] {1}));
    Files.writeString(
        palace.resolve(NewVectors.NAME), "{\"key\":\"torn", StandardOpenOption.APPEND);
    var vectors = NewVectors.of(palace);
    vectors.add(Map.of("b", new float[] {2}));

    assertThat(get(vectors, "a")).hasValue(new float[] {1});
    assertThat(get(vectors, "b")).hasValue(new float[] {2});
  }

  @Test
  void aFileThatIsAnotherOneMeanwhileGivesNothing() throws IOException {
    var vectors = NewVectors.of(palace);
    vectors.add(Map.of("a", new float[] {1}));
    Path file = palace.resolve(NewVectors.NAME);
    String line = Files.readString(file);

    Files.writeString(file, line.replace("\"a\"", "\"b\""));
    assertThat(get(vectors, "a")).isEmpty();
    Files.writeString(file, "");
    assertThat(get(vectors, "a")).isEmpty();
    vectors.delete();
    assertThat(vectors.has("a")).isFalse();
  }
}
