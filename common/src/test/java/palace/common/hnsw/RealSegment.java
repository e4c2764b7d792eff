package palace.common.hnsw;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import palace.common.pickle.IndexMetadata;
import palace.common.pickle.IndexPickle;
import palace.common.pickle.PickleReading;

/// A private copy of a segment directory that real Chroma wrote, to be damaged.
record RealSegment(Path directory) {
  static final int COUNT = 154;
  static final IndexLayout LAYOUT = new IndexLayout(6, 16);

  private static final Path RESOURCES = Path.of("src/test/resources/palace/common/hnsw");

  static RealSegment copyOf(String release, Path into) throws IOException {
    Files.createDirectories(into);
    for (var file : IndexFile.values()) {
      Files.copy(
          RESOURCES.resolve("chroma-" + release).resolve(file.fileName()),
          into.resolve(file.fileName()));
    }
    return new RealSegment(into);
  }

  static Path resource(String name) {
    return RESOURCES.resolve(name);
  }

  static Map<String, float[]> vectors(String release) throws IOException {
    var vectors = new LinkedHashMap<String, float[]>();
    for (var line : Files.readAllLines(RESOURCES.resolve("chroma-" + release + "/vectors.tsv"))) {
      var fields = line.split("\t");
      var vector = new float[fields.length - 1];
      for (int i = 0; i < vector.length; i++) {
        vector[i] = Float.parseFloat(fields[i + 1]);
      }
      vectors.put(fields[0], vector);
    }
    return vectors;
  }

  HnswIndex open() throws IOException {
    return HnswIndex.open(directory, Optional.empty());
  }

  HnswIndex openExpecting(IndexLayout layout) throws IOException {
    return HnswIndex.open(directory, Optional.of(layout));
  }

  IndexMetadata metadata() throws IOException {
    return ((PickleReading.Readable) IndexPickle.read(path(IndexFile.PICKLE))).metadata();
  }

  Path path(IndexFile file) {
    return directory.resolve(file.fileName());
  }

  byte[] bytes(IndexFile file) throws IOException {
    return Files.readAllBytes(path(file));
  }

  void replace(IndexFile file, byte[] bytes) throws IOException {
    Files.write(path(file), bytes);
  }

  void poke(IndexFile file, Poke poke) throws IOException {
    byte[] bytes = bytes(file);
    poke.into(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
    replace(file, bytes);
  }

  void truncate(IndexFile file, int length) throws IOException {
    replace(file, Arrays.copyOf(bytes(file), length));
  }

  /// Changes bytes of a file.
  interface Poke {
    void into(ByteBuffer bytes);
  }
}
