package palace.common.hnsw;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import palace.common.PalaceException;

/// Builds an index by hnswlib's algorithm, its elements written straight into a mapped
/// `data_level0.bin`.
///
/// The same elements in the same order give the same bytes. Nothing is complete before [#finish()]:
/// a build that is closed earlier leaves files behind that are the caller's to delete. For one
/// thread.
public final class IndexBuild implements AutoCloseable {
  private static final long SEED = 100;
  private static final int HIGHEST_LEVEL = 40;
  private static final int ZEROES_BYTES = 1 << 20;

  private final Path directory;
  private final int efConstruction;
  private final int capacity;
  private final Arena arena;
  private final Graph graph;
  private final Beam beam;
  private final Linker linker;
  private final Random random;
  private final float[] lengths;

  private IndexBuild(
      Path directory, int efConstruction, int capacity, Arena arena, Graph graph, float[] lengths) {
    this.directory = directory;
    this.efConstruction = Math.max(efConstruction, graph.layout.m());
    this.capacity = capacity;
    this.arena = arena;
    this.graph = graph;
    this.lengths = lengths;
    beam = new Beam(graph, capacity);
    linker = new Linker(graph);
    random = new Random(SEED + graph.count());
  }

  /// Begins an index in a directory that does not exist yet; the room for all elements is taken
  /// from the disk at once.
  ///
  /// @param capacity most elements that will be added
  /// @throws IOException when the directory exists or the disk is full
  public static IndexBuild create(
      Path newDirectory, Space space, IndexParameters parameters, int dimension, int capacity)
      throws IOException {
    var layout = new IndexLayout(dimension, parameters.m());
    Files.createDirectory(newDirectory);
    var file = newDirectory.resolve(IndexFile.LEVEL0.fileName());
    Files.createFile(file);
    var arena = Arena.ofShared();
    try {
      var level0 = map(file, (long) capacity * layout.elementBytes(), arena);
      var graph = new Graph(layout, space, level0, capacity);
      return new IndexBuild(
          newDirectory, parameters.efConstruction(), capacity, arena, graph, new float[capacity]);
    } catch (IOException | RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /// Continues a sound index, whose files are changed in place: give a copy in a directory of our
  /// own.
  ///
  /// @param additional most elements that will be added
  /// @throws PalaceException.Refused when the index has a fault that is more than a notice
  public static IndexBuild extend(Path directoryCopy, Space space, int additional)
      throws IOException {
    var arena = Arena.ofShared();
    try (var index = HnswIndex.open(directoryCopy, Optional.empty())) {
      requireSound(index, space);
      int count = index.elementCount();
      int capacity = Math.addExact(count, additional);
      var layout = index.layout().orElseThrow();
      var file = directoryCopy.resolve(IndexFile.LEVEL0.fileName());
      truncate(file, (long) count * layout.elementBytes());
      var level0 = map(file, (long) capacity * layout.elementBytes(), arena);
      var graph = Graph.read(index, space, level0, capacity);
      var lengths = new float[capacity];
      for (int slot = 0; slot < count; slot++) {
        lengths[slot] = space == Space.COSINE ? index.length(slot) : 0;
      }
      int efConstruction = (int) index.header().orElseThrow().efConstruction();
      return new IndexBuild(directoryCopy, efConstruction, capacity, arena, graph, lengths);
    } catch (IOException | RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  private static void requireSound(HnswIndex index, Space space) throws IOException {
    for (var fault : IndexCheck.examine(index, space)) {
      if (fault.harm() != IndexFault.Harm.NOTICE) {
        throw new PalaceException.Refused(
            index.directory() + ": the index cannot be continued: " + fault.sentence(),
            "palace repair --rebuild-index");
      }
    }
  }

  /// {@return the elements so far, deleted ones included}
  public int count() {
    return graph.count();
  }

  /// Adds an element.
  ///
  /// @param label what the pickle will map to the drawer's id; each only once
  /// @param stored the vector as its space stores it: see [Space#toStored(float[])]
  /// @param length what belongs into `length.bin`; 0 unless the space is cosine
  /// @return its slot
  /// @throws IllegalArgumentException when a component is not finite, or the dimension or the label
  ///   is wrong
  public int add(long label, float[] stored, float length) {
    requireGood(label, stored, length);
    int level = randomLevel();
    int slot = graph.count();
    MemorySegment.copy(
        stored, 0, graph.level0, HnswIndex.FLOAT, graph.vectorStart(slot), stored.length);
    graph.level0.set(HnswIndex.LONG, graph.labelStart(slot), label);
    lengths[slot] = length;
    graph.append(level);
    insert(slot, level, stored);
    return slot;
  }

  private void requireGood(long label, float[] stored, float length) {
    if (graph.count() == capacity) {
      throw new IllegalStateException("more elements than the capacity of " + capacity);
    }
    if (label < 1 || label > IndexCheck.LARGEST_LABEL) {
      throw new IllegalArgumentException("label " + label);
    }
    if (stored.length != graph.layout.dimension()) {
      throw new IllegalArgumentException(
          stored.length + " components for " + graph.layout.dimension());
    }
    for (float component : stored) {
      if (!Float.isFinite(component)) {
        throw new IllegalArgumentException("label " + label + " has a component " + component);
      }
    }
    if (!Float.isFinite(length)) {
      throw new IllegalArgumentException("label " + label + " has the length " + length);
    }
  }

  private int randomLevel() {
    double level = -Math.log(1 - random.nextDouble()) / Math.log(graph.layout.m());
    return (int) Math.min(level, HIGHEST_LEVEL);
  }

  private void insert(int slot, int level, float[] vector) {
    if (graph.entryPoint() < 0) {
      graph.enterAt(slot);
      return;
    }
    int top = graph.maxLevel();
    int at = beam.descend(vector, graph.entryPoint(), top, level);
    for (int l = Math.min(level, top); l >= 0; l--) {
      int number = beam.search(vector, at, l, efConstruction);
      if (number == 0) {
        // Only deleted elements are near; a link to one of them still leads on.
        linker.connect(slot, l, new long[] {Beam.finding(0, at)}, 1);
      } else {
        linker.connect(slot, l, beam.found(), number);
        at = Beam.slot(beam.found()[0]);
      }
    }
    if (level > top) {
      graph.enterAt(slot);
    }
  }

  /// Marks an element as deleted: searches walk over it and never return it.
  public void markDeleted(int slot) {
    graph.markDeleted(Objects.checkIndex(slot, graph.count()));
  }

  /// Links what no search would reach, writes all four files at their exact size and forces each to
  /// the disk. The directory itself is the caller's to force.
  public void finish() throws IOException {
    new Reach(graph, beam).linkStrays();
    int count = graph.count();
    if (graph.level0.isMapped()) {
      graph.level0.force();
    }
    arena.close();
    truncate(
        directory.resolve(IndexFile.LEVEL0.fileName()), (long) count * graph.layout.elementBytes());
    writeLengths(count);
    writeLinkLists(count);
    writeHeader(count);
  }

  private void writeLengths(int count) throws IOException {
    try (var out = new IndexOutput(directory, IndexFile.LENGTH)) {
      for (int slot = 0; slot < count; slot++) {
        out.putInt(Float.floatToRawIntBits(lengths[slot]));
      }
      out.finish();
    }
  }

  private void writeLinkLists(int count) throws IOException {
    int stride = graph.layout.m() + 1;
    try (var out = new IndexOutput(directory, IndexFile.LINK_LISTS)) {
      for (int slot = 0; slot < count; slot++) {
        int[] blocks = graph.upperBlocks(slot);
        out.putInt(blocks.length / stride * graph.layout.linkBlockBytes());
        for (int word : blocks) {
          out.putInt(word);
        }
      }
      out.finish();
    }
  }

  private void writeHeader(int count) throws IOException {
    long entryPoint = count == 0 ? HnswHeader.NO_ENTRY_POINT : graph.entryPoint();
    var header = HnswHeader.of(graph.layout, efConstruction, count, graph.maxLevel(), entryPoint);
    try (var out = new IndexOutput(directory, IndexFile.HEADER)) {
      out.put(header.encode());
      out.finish();
    }
  }

  /// Unmaps the elements; what an unfinished build has written stays.
  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }

  /// Writing the room, instead of leaving a hole, makes a full disk an exception here and not a
  /// fault of the mapped memory.
  private static MemorySegment map(Path file, long bytes, Arena arena) throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      var zeroes = ByteBuffer.allocateDirect(ZEROES_BYTES);
      for (long at = channel.size(); at < bytes; ) {
        zeroes.clear().limit((int) Math.min(ZEROES_BYTES, bytes - at));
        at += channel.write(zeroes, at);
      }
      return bytes == 0
          ? MemorySegment.NULL
          : channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena);
    }
  }

  private static void truncate(Path file, long bytes) throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(bytes);
      channel.force(true);
    }
  }
}
