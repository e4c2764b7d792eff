package palace.common.hnsw;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/// One segment directory, read-only, its files mapped into memory; any of them may be missing, cut
/// or false.
///
/// The layout comes from the header when it is sound, else from what the database leads to expect,
/// so that vectors can be taken out of `data_level0.bin` when the header is lost. Slots are bounded
/// by the bytes that are there, as far as [palace.common.files.DataEnd] finds them worth a walk, so
/// no accessor leaves its file; what the bytes say is judged by [IndexCheck]. May be used by
/// several threads.
public final class HnswIndex implements AutoCloseable {
  static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// Java's arrays end here, and so does what a check can hold marks for.
  private static final long MOST_SLOTS = Integer.MAX_VALUE - 8;

  private final Path directory;
  private final Arena arena;
  private final MappedFile headerFile;
  private final MappedFile level0File;
  private final MappedFile lengthFile;
  private final MappedFile linkListsFile;
  private final boolean pickled;
  private final Optional<HnswHeader> header;
  private final Optional<IndexLayout> expected;
  private final Optional<IndexLayout> layout;
  private final MemorySegment level0;
  private final long elementBytes;
  private final int slotCount;

  private HnswIndex(Path directory, Optional<IndexLayout> expected, Arena arena)
      throws IOException {
    this.directory = directory;
    this.arena = arena;
    this.expected = expected;
    headerFile = MappedFile.open(directory.resolve(IndexFile.HEADER.fileName()), arena);
    level0File = MappedFile.openToEndOfData(directory.resolve(IndexFile.LEVEL0.fileName()), arena);
    lengthFile = MappedFile.open(directory.resolve(IndexFile.LENGTH.fileName()), arena);
    linkListsFile = MappedFile.open(directory.resolve(IndexFile.LINK_LISTS.fileName()), arena);
    pickled = Files.exists(directory.resolve(IndexFile.PICKLE.fileName()));
    header = HnswHeader.parse(headerFile.bytes());
    level0 = level0File.bytes();
    layout = LayoutChoice.of(header.flatMap(HnswHeader::layout), expected, level0);
    elementBytes = layout.map(IndexLayout::elementBytes).orElse(1);
    slotCount = layout.isEmpty() ? 0 : (int) Math.min(level0.byteSize() / elementBytes, MOST_SLOTS);
  }

  /// Opens a segment directory.
  ///
  /// @param expected the layout by the database's dimension and M; used when the header has none or
  ///   a false one
  /// @throws IOException when a file that is there cannot be opened
  public static HnswIndex open(Path directory, Optional<IndexLayout> expected) throws IOException {
    var arena = Arena.ofShared();
    try {
      return new HnswIndex(directory, expected, arena);
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /// {@return the directory}
  public Path directory() {
    return directory;
  }

  /// {@return the header as it stands, when `header.bin` has its hundred bytes}
  public Optional<HnswHeader> header() {
    return header;
  }

  /// {@return the layout in use; empty when neither the header nor the database gives one}
  public Optional<IndexLayout> layout() {
    return layout;
  }

  /// {@return the layout that the database leads to expect}
  Optional<IndexLayout> expected() {
    return expected;
  }

  /// {@return whether the layout in use is the header's own}
  public boolean headerIsTrusted() {
    return layout.isPresent() && header.flatMap(HnswHeader::layout).equals(layout);
  }

  /// {@return whether this is the placeholder that Chroma makes before it persists anything: no
  /// pickle, no elements}
  public boolean isYoung() {
    return !pickled && header.isPresent() && header.get().elementCount() == 0;
  }

  /// {@return whether `index_metadata.pickle` exists}
  public boolean isPickled() {
    return pickled;
  }

  /// {@return whether a file is there; the pickle included}
  public boolean has(IndexFile file) {
    return file == IndexFile.PICKLE ? pickled : mapped(file).present();
  }

  /// {@return the bytes of a file other than the pickle; 0 when it is missing}
  public long fileBytes(IndexFile file) {
    return mapped(file).size();
  }

  private MappedFile mapped(IndexFile file) {
    return switch (file) {
      case HEADER -> headerFile;
      case LEVEL0 -> level0File;
      case LENGTH -> lengthFile;
      case LINK_LISTS -> linkListsFile;
      case PICKLE -> throw new IllegalArgumentException("the pickle is not mapped");
    };
  }

  /// {@return the elements by the header, no more than there are slots; all slots when the header
  /// is not trusted}
  public int elementCount() {
    if (!headerIsTrusted()) {
      return slotCount;
    }
    long count = header.orElseThrow().elementCount();
    return count < 0 || count > slotCount ? slotCount : (int) count;
  }

  /// {@return the elements by `link_lists.bin`, whose lists end with the last one; empty when they
  /// do not end with the file}
  public OptionalInt countByLinks() {
    if (layout.isEmpty()) {
      return OptionalInt.empty();
    }
    long count = LinkLists.countToEnd(linkListBytes(), layout.get(), slotCount);
    return count > 0 ? OptionalInt.of((int) count) : OptionalInt.empty();
  }

  /// {@return the whole elements that the bytes of `data_level0.bin` have room for; those past the
  /// element count may be junk}
  public int slotCount() {
    return slotCount;
  }

  /// {@return the label of a slot}
  public long label(int slot) {
    return level0.get(LONG, start(slot) + layout.orElseThrow().labelOffset());
  }

  /// {@return whether a slot is marked as deleted}
  public boolean deleted(int slot) {
    return (level0.get(JAVA_BYTE, start(slot) + 2) & 1) != 0;
  }

  /// Copies the vector of a slot as it is stored: divided by its length in a cosine index.
  ///
  /// @param target receives the components; its length is the dimension
  public void storedVector(int slot, float[] target) {
    var shape = layout.orElseThrow();
    if (target.length != shape.dimension()) {
      throw new IllegalArgumentException(target.length + " components for " + shape.dimension());
    }
    MemorySegment.copy(level0, FLOAT, start(slot) + shape.vectorOffset(), target, 0, target.length);
  }

  /// Copies the vector of a slot as it was given to Chroma, exact up to float rounding.
  ///
  /// @return false when that takes a length and `length.bin` has none for the slot
  public boolean originalVector(int slot, Space space, float[] target) {
    storedVector(slot, target);
    if (space != Space.COSINE) {
      return true;
    }
    float length = length(slot);
    for (int i = 0; i < target.length; i++) {
      target[i] *= length;
    }
    return !Float.isNaN(length);
  }

  /// {@return the length of a slot's original vector, meaningful for cosine only; NaN when
  /// `length.bin` does not reach it}
  public float length(int slot) {
    start(slot);
    var lengths = lengthFile.bytes();
    return 4L * slot + 4 > lengths.byteSize() ? Float.NaN : lengths.get(FLOAT, 4L * slot);
  }

  /// {@return the number of level-0 neighbours that a slot claims, which may be more than there is
  /// room for}
  public int neighbourCount(int slot) {
    return level0.get(SHORT, start(slot)) & 0xFFFF;
  }

  /// {@return a level-0 neighbour as it stands, unsigned, which may be no slot at all}
  ///
  /// @param rank below twice M
  public long neighbour(int slot, int rank) {
    if (rank < 0 || rank >= layout.orElseThrow().mostNeighbours(0)) {
      throw new IndexOutOfBoundsException(rank);
    }
    return level0.get(INT, start(slot) + 4 + 4L * rank) & 0xFFFF_FFFFL;
  }

  /// {@return the bytes of the elements}
  MemorySegment level0() {
    return level0;
  }

  /// {@return the bytes of `link_lists.bin`}
  MemorySegment linkListBytes() {
    return linkListsFile.bytes();
  }

  private long start(int slot) {
    if (slot < 0 || slot >= slotCount) {
      throw new IndexOutOfBoundsException("slot " + slot + " of " + slotCount);
    }
    return slot * elementBytes;
  }

  /// Unmaps the files.
  @Override
  public void close() {
    arena.close();
  }
}
