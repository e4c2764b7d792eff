package palace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import palace.common.PalaceException;
import palace.common.hnsw.HnswHeader;
import palace.common.hnsw.HnswIndex;
import palace.common.hnsw.HnswSearch;
import palace.common.hnsw.IndexCheck;
import palace.common.hnsw.IndexFault;
import palace.common.hnsw.IndexFile;
import palace.common.hnsw.IndexLayout;
import palace.common.hnsw.Space;
import palace.common.pickle.PickleReading;
import palace.common.store.SegmentVectors;

/// Whatever stands in the files of a segment, its index can be examined, its vectors read as far as
/// there are any, and it can be searched or refuses to be.
final class IndexFuzzTest {
  private static final int MOST_BYTES = 24 << 20;

  @TempDir private Path temp;

  @Test
  void aDamagedIndexIsAnAnswer() throws Exception {
    List<Map<IndexFile, byte[]>> sound = segments();
    Path directory = Files.createDirectory(temp.resolve("segment"));
    new Campaign("index, damaged", 1200, Duration.ofSeconds(10), MOST_BYTES)
        .run(random -> {
          write(directory, damaged(sound.get(random.nextInt(sound.size())), random));
          return examine(directory, random);
        });
  }

  @Test
  void aHeaderThatAgreesWithItselfAndLiesIsAnAnswer() throws Exception {
    List<Map<IndexFile, byte[]>> sound = segments();
    Path directory = Files.createDirectory(temp.resolve("segment"));
    new Campaign("index, lying header", 1200, Duration.ofSeconds(10), MOST_BYTES)
        .run(random -> {
          var files = new EnumMap<>(sound.get(random.nextInt(sound.size())));
          byte[] level0 = files.get(IndexFile.LEVEL0);
          files.put(IndexFile.HEADER, lyingHeader(level0.length, random).encode());
          if (random.nextInt(3) == 0) {
            files = damaged(files, random);
          }
          write(directory, files);
          return examine(directory, random);
        });
  }

  private List<Map<IndexFile, byte[]>> segments() throws IOException {
    var found = new ArrayList<Map<IndexFile, byte[]>>();
    Path palace = new FrozenPalace("1.5.9").unpack(temp.resolve("original"));
    try (Stream<Path> entries = Files.list(palace)) {
      for (Path segment :
          entries.filter(path -> Files.exists(path.resolve("header.bin"))).sorted().toList()) {
        var files = new EnumMap<IndexFile, byte[]>(IndexFile.class);
        for (IndexFile file : IndexFile.values()) {
          Path path = segment.resolve(file.fileName());
          if (Files.exists(path)) {
            files.put(file, Files.readAllBytes(path));
          }
        }
        found.add(files);
      }
    }
    assertThat(found).hasSize(5);
    return found;
  }

  private static EnumMap<IndexFile, byte[]> damaged(Map<IndexFile, byte[]> sound, Random random) {
    var files = new EnumMap<>(sound);
    List<IndexFile> present = List.copyOf(files.keySet());
    for (int times = 1 + random.nextInt(2); times > 0; times--) {
      IndexFile file = present.get(random.nextInt(present.size()));
      if (random.nextInt(12) == 0) {
        files.remove(file);
      } else {
        files.put(file, Mutation.of(sound.get(file), random));
      }
    }
    return files;
  }

  /// All fields follow from a dimension and an M, as in a sound header; only what they say is
  /// false.
  private static HnswHeader lyingHeader(int level0Bytes, Random random) {
    var layout =
        new IndexLayout(
            1 + random.nextInt(1 << random.nextInt(12)),
            2 + random.nextInt(1 << random.nextInt(8)));
    long room = level0Bytes / layout.elementBytes();
    long count = random.nextInt(3) == 0 ? Mutation.tellingNumber(random) : room;
    var header =
        HnswHeader.of(
            layout,
            random.nextInt(400),
            count,
            random.nextInt(4) == 0 ? (int) Mutation.tellingNumber(random) : random.nextInt(4),
            random.nextInt(4) == 0
                ? Mutation.tellingNumber(random) & 0xFFFF_FFFFL
                : random.nextInt((int) Math.max(1, room)));
    return header;
  }

  private static void write(Path directory, Map<IndexFile, byte[]> files) throws IOException {
    for (IndexFile file : IndexFile.values()) {
      Path path = directory.resolve(file.fileName());
      if (files.containsKey(file)) {
        Files.write(path, files.get(file));
      } else {
        Files.deleteIfExists(path);
      }
    }
  }

  private static String examine(Path directory, Random random) throws IOException {
    Optional<IndexLayout> expected =
        random.nextInt(3) == 0
            ? Optional.empty()
            : Optional.of(new IndexLayout(random.nextBoolean() ? 8 : 12, 16));
    Space space = Space.values()[random.nextInt(Space.values().length)];
    try (SegmentVectors vectors = SegmentVectors.open(directory, expected)) {
      List<IndexFault> faults =
          vectors.pickle() instanceof PickleReading.Readable(var metadata)
              ? IndexCheck.examine(vectors.index(), space, metadata)
              : IndexCheck.examine(vectors.index(), space);
      faults.forEach(fault -> assertThat(fault.toString()).isNotEmpty());
      for (int slot = 0; slot < vectors.index().slotCount(); slot++) {
        vectors.read(slot, space);
      }
      return (faults.isEmpty() ? "sound" : "faulty") + search(vectors.index(), space);
    }
  }

  private static String search(HnswIndex index, Space space) throws IOException {
    try {
      HnswSearch search = HnswSearch.over(index, space);
      float[] query = new float[index.layout().orElseThrow().dimension()];
      query[0] = 1;
      return search.nearest(query, 3, 10).isEmpty() ? ", finds nothing" : ", finds something";
    } catch (PalaceException.Refused e) {
      assertThat(e.getMessage()).contains(index.directory().toString());
      return ", not searched";
    }
  }
}
