package palace.common.hnsw;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/// The hundred bytes of `header.bin`, just as they stand; nothing is believed here.
///
/// | offset | type | field | sound value |
/// |---|---|---|---|
/// | 0 | i32 | version | 1 |
/// | 4 | u64 | offsetLevel0 | 0 |
/// | 12 | u64 | maxElements | ≥ elementCount |
/// | 20 | u64 | elementCount | elements, deleted ones included |
/// | 28 | u64 | elementBytes | labelOffset + 8 |
/// | 36 | u64 | labelOffset | vectorOffset + 4·dimension |
/// | 44 | u64 | vectorOffset | 4·maxM0 + 4 |
/// | 52 | i32 | maxLevel | −1 when empty |
/// | 56 | u32 | entryPoint | a slot; 0xFFFFFFFF when empty |
/// | 60 | u64 | maxM | M |
/// | 68 | u64 | maxM0 | 2·M |
/// | 76 | u64 | m | M |
/// | 84 | f64 | mult | 1/ln(M) |
/// | 92 | u64 | efConstruction | ≥ M |
///
/// @param version persistence version, the only field that hnswlib validates
/// @param offsetLevel0 where level 0 begins in an element
/// @param maxElements capacity when it was written
/// @param elementCount elements, deleted ones included
/// @param elementBytes bytes of an element
/// @param labelOffset bytes before the label
/// @param vectorOffset bytes before the vector
/// @param maxLevel the highest level of any element
/// @param entryPoint the slot where searches begin, unsigned
/// @param maxM most neighbours on an upper level
/// @param maxM0 most neighbours on level 0
/// @param m hnswlib's M
/// @param mult the factor of the random levels
/// @param efConstruction beam width of insertions
public record HnswHeader(
    int version,
    long offsetLevel0,
    long maxElements,
    long elementCount,
    long elementBytes,
    long labelOffset,
    long vectorOffset,
    int maxLevel,
    long entryPoint,
    long maxM,
    long maxM0,
    long m,
    double mult,
    long efConstruction) {
  /// The size of the file.
  public static final int BYTES = 100;

  /// The only persistence version there is.
  public static final int VERSION = 1;

  /// The entry point of an empty index.
  public static final long NO_ENTRY_POINT = 0xFFFF_FFFFL;

  /// {@return the header of an index whose elements follow a layout}
  public static HnswHeader of(
      IndexLayout layout, int efConstruction, long elementCount, int maxLevel, long entryPoint) {
    return new HnswHeader(
        VERSION,
        0,
        elementCount,
        elementCount,
        layout.elementBytes(),
        layout.labelOffset(),
        layout.vectorOffset(),
        maxLevel,
        entryPoint,
        layout.m(),
        2L * layout.m(),
        layout.m(),
        1 / Math.log(layout.m()),
        Math.max(efConstruction, layout.m()));
  }

  /// {@return the fields of the first hundred bytes, or empty when there are fewer}
  public static Optional<HnswHeader> parse(MemorySegment bytes) {
    return bytes.byteSize() < BYTES
        ? Optional.empty()
        : Optional.of(parse(bytes.asSlice(0, BYTES).asByteBuffer()));
  }

  private static HnswHeader parse(ByteBuffer bytes) {
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    return new HnswHeader(
        bytes.getInt(),
        bytes.getLong(),
        bytes.getLong(),
        bytes.getLong(),
        bytes.getLong(),
        bytes.getLong(),
        bytes.getLong(),
        bytes.getInt(),
        bytes.getInt() & 0xFFFF_FFFFL,
        bytes.getLong(),
        bytes.getLong(),
        bytes.getLong(),
        bytes.getDouble(),
        bytes.getLong());
  }

  /// {@return the hundred bytes}
  public byte[] encode() {
    return ByteBuffer.allocate(BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(version)
        .putLong(offsetLevel0)
        .putLong(maxElements)
        .putLong(elementCount)
        .putLong(elementBytes)
        .putLong(labelOffset)
        .putLong(vectorOffset)
        .putInt(maxLevel)
        .putInt((int) entryPoint)
        .putLong(maxM)
        .putLong(maxM0)
        .putLong(m)
        .putDouble(mult)
        .putLong(efConstruction)
        .array();
  }

  /// {@return the components of a vector by the offsets, whatever they are worth}
  public long dimension() {
    return (labelOffset - vectorOffset) / 4;
  }

  /// {@return the layout, when version, offsets and M agree with each other}
  public Optional<IndexLayout> layout() {
    if (version != VERSION || offsetLevel0 != 0 || !IndexLayout.possible(dimension(), m)) {
      return Optional.empty();
    }
    var layout = new IndexLayout((int) dimension(), (int) m);
    boolean agrees =
        maxM == m
            && maxM0 == 2 * m
            && vectorOffset == layout.vectorOffset()
            && labelOffset == layout.labelOffset()
            && elementBytes == layout.elementBytes();
    return agrees ? Optional.of(layout) : Optional.empty();
  }
}
