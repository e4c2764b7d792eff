package palace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.MetadataValue;
import palace.common.store.CollectionState;
import palace.common.store.Drawer;
import palace.common.store.Palace;

/// The reader against what real Chroma releases wrote and confirmed.
class ReadFrozenPalacesTest {
  private static final float RELATIVE_ROUNDING = 1e-6f;

  @TempDir Path directory;

  static List<FrozenPalace> palaces() throws IOException {
    return FrozenPalace.all();
  }

  @ParameterizedTest
  @MethodSource("palaces")
  void everyDrawerOfEveryCollectionIsReadAsItWasWritten(FrozenPalace frozen) throws IOException {
    Path path = frozen.unpack(directory);
    Truth truth = Truth.beside(path);
    try (Palace palace = Palace.open(path)) {
      assertThat(palace.collections()).hasSize(truth.collectionCount());
      for (CollectionRow row : palace.collections()) {
        try (CollectionState collection = palace.open(row)) {
          compare(collection, truth.of(row));
        }
      }
    }
  }

  private static void compare(CollectionState collection, Truth.Collection wanted)
      throws IOException {
    assertThat(collection.space().chromaName())
        .as("space of %s", collection.name())
        .isEqualTo(wanted.space());
    Set<String> seen = new HashSet<>();
    collection
        .drawers(7)
        .forEachBatch(batch -> {
          for (Drawer drawer : batch) {
            assertThat(seen.add(drawer.id())).as("%s once", drawer.id()).isTrue();
            compare(drawer, collection, wanted);
          }
        });
    assertThat(seen).as("ids of %s", collection.name()).isEqualTo(wanted.records().keySet());
  }

  private static void compare(Drawer drawer, CollectionState collection, Truth.Collection wanted) {
    Truth.Record expected = wanted.records().get(drawer.id());
    assertThat(expected).as("%s was written", drawer.id()).isNotNull();
    Map<String, Object> metadata = new HashMap<>();
    drawer
        .metadata()
        .forEach((String key, MetadataValue value) -> metadata.put(key, Truth.plain(value)));
    assertThat(metadata).as("metadata of %s", drawer.id()).isEqualTo(expected.metadata());
    float[] vector = drawer.vector().orElseThrow().original(collection.space());
    assertThat(vector).as("components of %s", drawer.id()).hasSameSizeAs(expected.vector());
    float scale = 0;
    float worst = 0;
    for (int i = 0; i < vector.length; i++) {
      scale = Math.max(scale, Math.abs(expected.vector()[i]));
      worst = Math.max(worst, Math.abs(expected.vector()[i] - vector[i]));
    }
    assertThat(worst).as("error of %s", drawer.id()).isLessThanOrEqualTo(RELATIVE_ROUNDING * scale);
  }
}
