package palace.common.hnsw;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import palace.common.pickle.IndexMetadata;

@Timeout(60)
class IndexCheckTest {
  private static final int ELEMENT = 164;
  private static final int VECTOR = 132;
  private static final int LABEL = 156;

  @TempDir Path temp;
  private RealSegment segment;

  @BeforeEach
  void copySegment() throws IOException {
    segment = RealSegment.copyOf("1.5.9", temp.resolve("segment"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.6.3", "1.5.9"})
  void realIndexesAreSound(String release) throws IOException {
    var real = RealSegment.copyOf(release, temp.resolve("real"));
    try (var index = real.openExpecting(RealSegment.LAYOUT)) {
      assertThat(IndexCheck.examine(index, Space.COSINE, real.metadata())).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = IndexFile.class,
      names = {"HEADER", "LEVEL0", "LENGTH", "LINK_LISTS"})
  void aMissingFileIsNamed(IndexFile file) throws IOException {
    Files.delete(segment.path(file));

    assertThat(faults()).contains(new IndexFault.FileMissing(file));
  }

  @ParameterizedTest
  @CsvSource({
    "4, offsetLevel0",
    "36, label_offset",
    "28, size_data_per_element",
    "44, offsetData",
    "60, maxM",
    "68, maxM0",
    "84, mult",
    "92, ef_construction"
  })
  void aFlippedHeaderFieldIsNamed(int offset, String field) throws IOException {
    pokeHeader(bytes -> bytes.putLong(offset, bytes.getLong(offset) ^ 0x0101_0101_0101_0101L));

    assertThat(faults())
        .filteredOn(IndexFault.HeaderInconsistent.class::isInstance)
        .extracting(fault -> ((IndexFault.HeaderInconsistent) fault).field())
        .contains(field);
  }

  @Test
  void anImpossibleMIsNamed() throws IOException {
    pokeHeader(bytes -> bytes.putLong(76, 1));

    assertThat(faults()).contains(new IndexFault.HeaderInconsistent("M", "2 to 32767", "1"));
  }

  @Test
  void anUnknownVersionIsNamed() throws IOException {
    pokeHeader(bytes -> bytes.putInt(0, 7));

    assertThat(faults()).containsExactly(new IndexFault.HeaderVersion(7));
  }

  @Test
  void aCutHeaderIsNamed() throws IOException {
    segment.truncate(IndexFile.HEADER, 50);

    assertThat(faults()).containsExactly(new IndexFault.HeaderSize(50));
  }

  @Test
  void aDimensionOtherThanTheDatabasesIsNamed() throws IOException {
    try (var index = segment.openExpecting(new IndexLayout(384, 16))) {
      assertThat(IndexCheck.examine(index, Space.COSINE))
          .containsExactly(new IndexFault.HeaderInconsistent("the dimension", "384", "6"));
    }
  }

  @Test
  void aCapacityBelowTheCountIsNamed() throws IOException {
    pokeHeader(bytes -> bytes.putLong(12, 153));

    assertThat(faults()).containsExactly(new IndexFault.CountBeyondCapacity(154, 153));
  }

  @Test
  void aCountThatIsTooHighIsNamedWithTheCountOfTheFiles() throws IOException {
    pokeHeader(bytes -> bytes.putLong(12, 1540).putLong(20, 1540));

    assertThat(faults())
        .contains(
            new IndexFault.FileTooShort(IndexFile.LEVEL0, 1540L * ELEMENT, 154L * ELEMENT),
            new IndexFault.CountDisagreesWithFile(1540, 154));
  }

  @Test
  void aCountThatIsTooLowIsNamedWithTheCountOfTheFiles() throws IOException {
    pokeHeader(bytes -> bytes.putLong(20, 77));

    assertThat(faults()).contains(new IndexFault.CountDisagreesWithFile(77, 154));
  }

  @Test
  void aNegativeCountIsNamed() throws IOException {
    pokeHeader(bytes -> bytes.putLong(20, -1));

    assertThat(faults())
        .contains(new IndexFault.CountBeyondCapacity(-1, header().maxElements()))
        .contains(new IndexFault.FileTooShort(IndexFile.LEVEL0, Long.MAX_VALUE, 154L * ELEMENT));
  }

  @Test
  void anEntryPointOutsideIsNamed() throws IOException {
    pokeHeader(bytes -> bytes.putInt(56, 154));

    assertThat(faults()).containsExactly(new IndexFault.EntryPointOutOfRange(154, 154));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 99, -1})
  void aLevelOtherThanTheHighestIsNamed(int level) throws IOException {
    assertThat(header().maxLevel()).isEqualTo(2);
    pokeHeader(bytes -> bytes.putInt(52, level));

    assertThat(faults()).containsExactly(new IndexFault.LevelWrong(level, 2, 2));
  }

  @ParameterizedTest
  @ValueSource(strings = {"LEVEL0", "LENGTH"})
  void aCutFileIsTooShort(IndexFile file) throws IOException {
    int full = segment.bytes(file).length;
    segment.truncate(file, full - 1);

    assertThat(faults()).contains(new IndexFault.FileTooShort(file, full, full - 1));
  }

  @Test
  void aGiantLinkListIsReportedNotAllocated() throws IOException {
    segment.poke(IndexFile.LINK_LISTS, bytes -> bytes.putInt(0, (int) 2_667_577_848L));

    assertThat(faults()).contains(new IndexFault.LinkListSizeImpossible(0, 2_667_577_848L, 68));
  }

  @Test
  void cutLinkListsAreTooShort() throws IOException {
    int full = segment.bytes(IndexFile.LINK_LISTS).length;
    segment.truncate(IndexFile.LINK_LISTS, full - 1);

    assertThat(faults()).contains(new IndexFault.LinkListsTooShort(153, 154, full - 1));
  }

  @Test
  void emptyLinkListsAreTooShort() throws IOException {
    segment.replace(IndexFile.LINK_LISTS, new byte[0]);

    assertThat(faults()).contains(new IndexFault.LinkListsTooShort(0, 154, 0));
  }

  @Test
  void aSparseTerabyteIsBloatAndCostsNothing() throws IOException {
    int full = segment.bytes(IndexFile.LINK_LISTS).length;
    try (var file = new RandomAccessFile(segment.path(IndexFile.LINK_LISTS).toFile(), "rw")) {
      file.setLength(1L << 40);
    }

    assertThat(faults()).containsExactly(new IndexFault.LinkListsTooLong(full, 1L << 40));
  }

  @Test
  void neighboursOutsideAreNamed() throws IOException {
    segment.poke(
        IndexFile.LEVEL0, bytes -> bytes.putInt(5 * ELEMENT + 4, 154).putInt(7 * ELEMENT + 4, -1));

    assertThat(faults()).contains(new IndexFault.NeighbourOutOfRange(2, 5, 0));
  }

  @Test
  void tooManyNeighboursAreNamed() throws IOException {
    segment.poke(IndexFile.LEVEL0, bytes -> bytes.putShort(9 * ELEMENT, (short) 33));

    assertThat(faults()).contains(new IndexFault.NeighbourCountTooHigh(1, 9, 0));
  }

  @Test
  void anElementThatIsItsOwnNeighbourIsNamed() throws IOException {
    segment.poke(IndexFile.LEVEL0, bytes -> bytes.putInt(9 * ELEMENT + 4, 9));

    assertThat(faults()).contains(new IndexFault.SelfLinks(1, 9, 0));
  }

  @Test
  void aNeighbourNamedTwiceIsNamed() throws IOException {
    segment.poke(
        IndexFile.LEVEL0, bytes -> bytes.putInt(9 * ELEMENT + 8, bytes.getInt(9 * ELEMENT + 4)));

    assertThat(faults()).contains(new IndexFault.DuplicateLinks(1, 9, 0));
  }

  @Test
  void anUpperNeighbourThatStandsLowerIsNamed() throws IOException {
    int[] at = firstUpperLink();
    segment.poke(IndexFile.LINK_LISTS, bytes -> bytes.putInt(at[1], at[2]));

    assertThat(faults()).contains(new IndexFault.NeighbourLevelTooLow(1, at[0], 1));
  }

  @Test
  void withoutNeighboursNothingIsReachable() throws IOException {
    segment.poke(
        IndexFile.LEVEL0,
        bytes -> {
          for (int slot = 0; slot < 154; slot++) {
            bytes.putShort(slot * ELEMENT, (short) 0);
          }
        });
    segment.replace(IndexFile.LINK_LISTS, new byte[154 * 4]);
    pokeHeader(bytes -> bytes.putInt(52, 0));
    long live = segment.metadata().idToLabel().size();
    boolean entryIsLive;
    try (var index = segment.open()) {
      entryIsLive = !index.deleted((int) header().entryPoint());
    }

    assertThat(faults())
        .singleElement()
        .satisfies(fault -> {
          var unreachable = (IndexFault.Unreachable) fault;
          assertThat(unreachable.count()).isEqualTo(live - (entryIsLive ? 1 : 0));
          assertThat(unreachable.liveCount()).isEqualTo(live);
        });
  }

  @Test
  void duplicateLabelsAreCounted() throws IOException {
    segment.poke(
        IndexFile.LEVEL0,
        bytes -> {
          long label = bytes.getLong(LABEL);
          bytes.putLong(ELEMENT + LABEL, label).putLong(2 * ELEMENT + LABEL, label);
        });
    long label = label(0);

    assertThat(faults()).containsExactly(new IndexFault.DuplicateLabels(2, label));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, 1L << 32})
  void impossibleLabelsAreNamed(long label) throws IOException {
    segment.poke(IndexFile.LEVEL0, bytes -> bytes.putLong(3 * ELEMENT + LABEL, label));

    assertThat(faults()).containsExactly(new IndexFault.LabelOutOfRange(1, 3, label));
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void componentsThatAreNoNumbersAreNamed(float component) throws IOException {
    segment.poke(
        IndexFile.LEVEL0, bytes -> bytes.putFloat(live(4) * ELEMENT + VECTOR + 20, component));

    assertThat(faults()).containsExactly(new IndexFault.NotFinite(1, live(4)));
  }

  @Test
  void cosineVectorsWithoutLengthOneAreNamed() throws IOException {
    segment.poke(
        IndexFile.LEVEL0,
        bytes -> {
          for (int i = 0; i < 6; i++) {
            bytes.putFloat(live(4) * ELEMENT + VECTOR + 4 * i, i == 2 ? 2 : 0);
          }
        });

    assertThat(faults()).containsExactly(new IndexFault.NormWrong(1, liveCount(), live(4), 2));
    assertThat(faults(Space.IP)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(floats = {0, -1, Float.NaN, Float.POSITIVE_INFINITY})
  void implausibleLengthsAreNamedForCosineOnly(float length) throws IOException {
    segment.poke(IndexFile.LENGTH, bytes -> bytes.putFloat(live(4) * 4, length));

    assertThat(faults())
        .containsExactly(new IndexFault.LengthImplausible(1, liveCount(), live(4), length));
    assertThat(faults(Space.L2)).isEmpty();
  }

  @Test
  void aRunOfZeroVectorsIsALossWhereTheLengthSaysOtherwise() throws IOException {
    int[] slots = twoLiveInARow();
    zero(slots[0]);
    zero(slots[1]);

    assertThat(faults())
        .containsExactly(new IndexFault.ZeroVectors(2, 2, slots[0], IndexFault.Harm.LOSS));
  }

  @Test
  void aZeroVectorOfLengthZeroIsInOrder() throws IOException {
    int slot = live(4);
    zero(slot);
    segment.poke(IndexFile.LENGTH, bytes -> bytes.putFloat(slot * 4, 0));

    assertThat(faults()).isEmpty();
  }

  @Test
  void aTotalBelowTheHighestLabelIsNamed() throws IOException {
    var metadata = segment.metadata();

    assertThat(faults(changed(metadata, 100)))
        .singleElement()
        .isInstanceOf(IndexFault.TotalTooLow.class)
        .satisfies(fault -> assertThat(fault.sentence()).contains("100", "154"));
  }

  @Test
  void swappedLabelsMakeTheMapsDisagree() throws IOException {
    var metadata = segment.metadata();
    var labels = new LinkedHashMap<>(metadata.idToLabel());
    var ids = List.copyOf(labels.keySet());
    labels.put(ids.get(0), metadata.idToLabel().get(ids.get(1)));
    labels.put(ids.get(1), metadata.idToLabel().get(ids.get(0)));

    assertThat(faults(with(metadata, labels)))
        .containsExactly(new IndexFault.MapsDisagree(2, ids.get(0)));
  }

  @Test
  void anIdWithoutElementIsNamed() throws IOException {
    var metadata = segment.metadata();
    var labels = new LinkedHashMap<>(metadata.idToLabel());
    var ids = new LinkedHashMap<>(metadata.labelToId());
    labels.put("ghost", 5000L);
    ids.put(5000L, "ghost");

    assertThat(faults(with(metadata, labels, ids)))
        .containsExactly(new IndexFault.MappedLabelAbsent(1, "ghost", 5000));
  }

  @Test
  void anIdWithADeletedElementIsNamed() throws IOException {
    int slot = live(4);
    long label = label(slot);
    segment.poke(IndexFile.LEVEL0, bytes -> bytes.put(slot * ELEMENT + 2, (byte) 1));
    String id = segment.metadata().labelToId().get(label);

    assertThat(faults(segment.metadata()))
        .containsExactly(new IndexFault.MappedLabelDeleted(1, id, label));
  }

  @Test
  void anElementWithoutIdIsNamed() throws IOException {
    var metadata = segment.metadata();
    var labels = new LinkedHashMap<>(metadata.idToLabel());
    var ids = new LinkedHashMap<>(metadata.labelToId());
    var gone = labels.firstEntry();
    labels.remove(gone.getKey());
    ids.remove(gone.getValue());

    assertThat(faults(with(metadata, labels, ids)))
        .containsExactly(new IndexFault.LiveLabelUnmapped(1, gone.getValue()));
  }

  @Test
  void anotherDimensionInThePickleIsNamed() throws IOException {
    var metadata = segment.metadata();
    var other =
        new IndexMetadata(
            OptionalInt.of(7),
            metadata.totalElementsAdded(),
            metadata.maxSeqId(),
            metadata.idToLabel(),
            metadata.labelToId(),
            metadata.idToSeqId(),
            metadata.shape());

    assertThat(faults(other)).containsExactly(new IndexFault.DimensionalityDisagrees(7, 6));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void randomDamageNeitherThrowsNorHangs(long seed) throws IOException {
    var random = new Random(seed);
    var pristine = new EnumMap<IndexFile, byte[]>(IndexFile.class);
    for (var file : IndexFile.values()) {
      pristine.put(file, segment.bytes(file));
    }
    var metadata = segment.metadata();
    for (int round = 0; round < 150; round++) {
      var file = IndexFile.values()[random.nextInt(4)];
      segment.replace(file, damaged(pristine.get(file), random));
      try (var index = segment.openExpecting(RealSegment.LAYOUT)) {
        for (var fault : IndexCheck.examine(index, Space.COSINE, metadata)) {
          assertThat(fault.sentence()).isNotEmpty();
        }
        searchIfPossible(index);
      }
      segment.replace(file, pristine.get(file));
    }
  }

  private static void searchIfPossible(HnswIndex index) throws IOException {
    if (index.headerIsTrusted()) {
      var query = new float[index.layout().orElseThrow().dimension()];
      assertThat(HnswSearch.over(index, Space.COSINE).nearest(query, 5, 10))
          .hasSizeLessThanOrEqualTo(5);
    }
  }

  private static byte[] damaged(byte[] pristine, Random random) {
    if (random.nextInt(4) == 0) {
      return Arrays.copyOf(pristine, random.nextInt(pristine.length + 100));
    }
    byte[] damaged = pristine.clone();
    for (int flips = random.nextInt(1, 6); flips > 0; flips--) {
      damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
    }
    return damaged;
  }

  private List<IndexFault> faults() throws IOException {
    return faults(Space.COSINE);
  }

  private List<IndexFault> faults(Space space) throws IOException {
    try (var index = segment.open()) {
      return IndexCheck.examine(index, space);
    }
  }

  private List<IndexFault> faults(IndexMetadata metadata) throws IOException {
    try (var index = segment.open()) {
      return IndexCheck.examine(index, Space.COSINE, metadata);
    }
  }

  private void pokeHeader(RealSegment.Poke poke) throws IOException {
    segment.poke(IndexFile.HEADER, poke);
  }

  private HnswHeader header() throws IOException {
    try (var index = segment.open()) {
      return index.header().orElseThrow();
    }
  }

  private long label(int slot) throws IOException {
    return ByteBuffer.wrap(segment.bytes(IndexFile.LEVEL0))
        .order(ByteOrder.LITTLE_ENDIAN)
        .getLong(slot * ELEMENT + LABEL);
  }

  private long liveCount() throws IOException {
    return segment.metadata().idToLabel().size();
  }

  /// The first live slot from one on.
  private int live(int from) {
    try {
      byte[] bytes = segment.bytes(IndexFile.LEVEL0);
      int slot = from;
      while ((bytes[slot * ELEMENT + 2] & 1) != 0) {
        slot++;
      }
      return slot;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private int[] twoLiveInARow() {
    int slot = live(0);
    while (live(slot + 1) != slot + 1) {
      slot = live(slot + 1);
    }
    return new int[] {slot, slot + 1};
  }

  private void zero(int slot) throws IOException {
    segment.poke(IndexFile.LEVEL0, bytes -> bytes.put(slot * ELEMENT + VECTOR, new byte[24]));
  }

  /// Slot and byte offset of a link on level 1, and a slot on level 0 that it does not name.
  private int[] firstUpperLink() throws IOException {
    var bytes = ByteBuffer.wrap(segment.bytes(IndexFile.LINK_LISTS)).order(ByteOrder.LITTLE_ENDIAN);
    int flat = -1;
    for (int slot = 0; ; slot++) {
      int size = bytes.getInt();
      if (size > 0 && flat >= 0) {
        return new int[] {slot, bytes.position() + 4, flat};
      }
      flat = size == 0 ? slot : flat;
      bytes.position(bytes.position() + size);
    }
  }

  private static IndexMetadata changed(IndexMetadata metadata, long total) {
    return new IndexMetadata(
        metadata.dimensionality(),
        total,
        metadata.maxSeqId(),
        metadata.idToLabel(),
        metadata.labelToId(),
        metadata.idToSeqId(),
        metadata.shape());
  }

  private static IndexMetadata with(IndexMetadata metadata, Map<String, Long> labels) {
    return with(metadata, labels, metadata.labelToId());
  }

  private static IndexMetadata with(
      IndexMetadata metadata, Map<String, Long> labels, Map<Long, String> ids) {
    return new IndexMetadata(
        metadata.dimensionality(),
        10_000,
        metadata.maxSeqId(),
        labels,
        ids,
        metadata.idToSeqId(),
        metadata.shape());
  }
}
