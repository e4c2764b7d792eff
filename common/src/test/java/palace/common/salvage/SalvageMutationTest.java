package palace.common.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import palace.common.PalaceException;
import palace.common.Progress;

/// Any bytes at all: salvage gives a sound database or says that there is nothing; and where it is
/// known which pages were free, every value was there before.
final class SalvageMutationTest {
  private static final int RUNS = Integer.getInteger("palace.salvage.runs", 30);

  private static final String VALUES = "id, key, string_value, int_value, float_value, bool_value";

  private static final String DRAWERS = "embeddings e JOIN embedding_metadata m ON m.id=e.id";
  private static final String VALUES_OF_DRAWERS =
      "e.segment_id, e.embedding_id, m.key, m.string_value, m.int_value, m.float_value, m.bool_value";
  private static final String DELETED =
      "embeddings_queue q JOIN segments s ON q.topic LIKE '%/' || s.collection"
          + " AND s.scope='METADATA' WHERE q.operation=3";

  @TempDir Path directory;

  private Path fresh() {
    return directory.resolve("fresh.sqlite3");
  }

  private boolean freePagesUnknown;
  private Set<Long> declared = Set.of();

  private boolean salvages(byte[] image) throws IOException {
    Path damaged = Files.write(directory.resolve("damaged.sqlite3"), image);
    Files.deleteIfExists(fresh());
    try {
      SalvageReport report = Salvage.into(damaged, fresh(), Progress.SILENT);
      declared =
          report.lostKeys().stream().map(SalvageReport.LostKey::drawer).collect(Collectors.toSet());
      freePagesUnknown = report.notes().stream().anyMatch(note -> note.contains("pages were free"));
      return true;
    } catch (PalaceException.DamagedDatabase nothing) {
      return false;
    }
  }

  @Test
  void noDrawerIsInventedAndNoValueIsOldWhicheverPagesAreLost() throws IOException {
    ChromaFile truth = ChromaFile.of("1.5.9", directory);
    Set<String> ids = ChromaFile.rows(truth.path(), "embeddings", "segment_id, embedding_id");
    Set<String> everWritten = new TreeSet<>(ids);
    everWritten.addAll(ChromaFile.rows(truth.path(), DELETED, "s.id, q.id"));
    Set<String> positions = ChromaFile.rows(truth.path(), "embeddings_queue", "seq_id");
    Set<String> values = ChromaFile.rows(truth.path(), "embedding_metadata", VALUES);
    Set<String> drawers = ChromaFile.rows(truth.path(), DRAWERS, VALUES_OF_DRAWERS);
    Set<String> queue = ChromaFile.rows(truth.path(), "embeddings_queue", "seq_id, id, vector");
    int sure = 0;
    for (int seed = 0; seed < RUNS; seed++) {
      byte[] image = truth.image();
      losePages(image, new Random(seed), new int[] {5, 30, 70}[seed % 3]);
      if (salvages(image)) {
        boolean deletionsAreThere =
            ChromaFile.rows(fresh(), "embeddings_queue", "seq_id").containsAll(positions);
        assertThat(deletionsAreThere ? ids : everWritten)
            .as("seed %d", seed)
            .containsAll(ChromaFile.rows(fresh(), "embeddings", "segment_id, embedding_id"));
        if (!freePagesUnknown) {
          sure++;
          assertThat(values)
              .as("seed %d", seed)
              .containsAll(
                  ChromaFile.rows(
                      fresh(),
                      "embedding_metadata m WHERE NOT EXISTS (SELECT 1 FROM embeddings e WHERE e.id=m.id)",
                      VALUES));
          assertThat(drawers)
              .as("seed %d", seed)
              .containsAll(
                  ChromaFile.rows(fresh(), DRAWERS + " WHERE " + notDeclared(), VALUES_OF_DRAWERS));
          assertThat(queue)
              .as("seed %d", seed)
              .containsAll(ChromaFile.rows(fresh(), "embeddings_queue", "seq_id, id, vector"));
        }
      }
    }
    assertThat(sure).as("runs in which every free page was known").isPositive();
  }

  private String notDeclared() {
    return declared.isEmpty()
        ? "TRUE"
        : "e.id NOT IN ("
            + declared.stream().map(String::valueOf).collect(Collectors.joining(","))
            + ")";
  }

  /// Overwrites a share of the pages with noise or zeros.
  private static void losePages(byte[] image, Random random, int percent) {
    int pages = image.length / ChromaFile.PAGE;
    for (int page = 0; page < pages; page++) {
      if (random.nextInt(100) < percent) {
        byte[] content = new byte[ChromaFile.PAGE];
        if (random.nextBoolean()) {
          random.nextBytes(content);
        }
        System.arraycopy(content, 0, image, page * ChromaFile.PAGE, ChromaFile.PAGE);
      }
    }
  }

  @Test
  void anyBytesEndInASoundDatabaseOrInARefusal() throws IOException {
    ChromaFile truth = ChromaFile.of("0.6.3", directory);
    int salvaged = 0;
    for (int seed = 0; seed < RUNS; seed++) {
      Random random = new Random(seed);
      byte[] image = truth.image();
      int changes = 1 << random.nextInt(14);
      for (int i = 0; i < changes; i++) {
        int page = random.nextInt(truth.pages()) * ChromaFile.PAGE;
        int reach = random.nextBoolean() ? 16 : ChromaFile.PAGE;
        image[page + random.nextInt(reach)] = (byte) random.nextInt(256);
      }
      if (random.nextInt(4) == 0) {
        image = Arrays.copyOf(image, random.nextInt(image.length));
      }
      salvaged += salvages(image) ? 1 : 0;
    }
    assertThat(salvaged).isGreaterThan(RUNS / 2);
  }
}
