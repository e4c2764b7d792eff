package palace.common.pickle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import palace.common.pickle.IndexMetadata.Shape;

class IndexPickleTest {
  private static final String CLASS =
      "cchromadb.segment.impl.vector.local_persistent_hnsw\nPersistentData\n";

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"0.4.14", "0.5.5"})
  void anInstanceWrittenByAPythonReleaseIsRead(String release) throws IOException {
    var metadata = readable(real("chroma-" + release + ".pickle"));

    assertThat(metadata.shape()).isEqualTo(Shape.CLASS);
    assertThat(metadata.dimensionality()).hasValue(12);
    assertThat(metadata.totalElementsAdded()).isEqualTo(25);
    assertThat(metadata.maxSeqId()).hasValue(200);
    assertThat(metadata.idToLabel()).hasSize(25).containsEntry("quote'\"#3", 1L);
    assertThat(metadata.labelToId()).hasSize(25).containsEntry(1L, "quote'\"#3");
    assertThat(metadata.idToSeqId()).hasSize(25).containsEntry("quote'\"#3", 195L);
  }

  @Test
  void theOrderOfTheFileIsKept() throws IOException {
    var metadata = readable(real("chroma-0.5.5.pickle"));

    assertThat(metadata.idToLabel().keySet()).startsWith("quote'\"#3", "quote'\"#9");
    assertThat(metadata.idToLabel().values().toArray()[24]).isEqualTo(25L);
  }

  @Test
  void aDictWrittenByARustReleaseIsRead() throws IOException {
    var metadata = readable(real("../hnsw/chroma-1.5.9/index_metadata.pickle"));

    assertThat(metadata.shape()).isEqualTo(Shape.DICT);
    assertThat(metadata.dimensionality()).isEmpty();
    assertThat(metadata.maxSeqId()).isEmpty();
    assertThat(metadata.idToSeqId()).isEmpty();
    assertThat(metadata.idToLabel()).hasSameSizeAs(metadata.labelToId()).hasSizeGreaterThan(100);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pickle/chroma-0.4.14.pickle",
        "pickle/chroma-0.5.5.pickle",
        "hnsw/chroma-1.5.9/index_metadata.pickle"
      })
  void aCutAnywhereGivesOnlyWholePairsBeforeIt(String name) throws IOException {
    byte[] whole = real("../" + name);
    var labels = readable(whole).idToLabel();
    int before = 0;
    for (int length = 1; length < whole.length; length++) {
      var reading = (PickleReading.Unreadable) read(Arrays.copyOf(whole, length));
      assertThat(labels.entrySet()).containsAll(reading.provenLabels().entrySet());
      assertThat(reading.provenLabels().size()).isGreaterThanOrEqualTo(before);
      before = reading.provenLabels().size();
    }
    assertThat(before).isEqualTo(labels.size());
  }

  @Test
  void aCutInsideTheFirstMapGivesThePairsBeforeIt() throws IOException {
    var reading =
        (PickleReading.Unreadable)
            read(bytes("\u0080\u0003}(X\u000B\0\0\0id_to_label}(X\1\0\0\0aK\1X\1\0\0\0bK\2X\1\0"));

    assertThat(reading.provenLabels()).containsExactly(Map.entry("a", 1L), Map.entry("b", 2L));
    assertThat(reading.reason()).isEqualTo("it ends after 41 bytes");
  }

  @Test
  void aFalseOpcodeProvesNothing() throws IOException {
    var reading =
        (PickleReading.Unreadable)
            read(bytes("\u0080\u0003}(X\u000B\0\0\0id_to_label}(X\1\0\0\0aK\1R"));

    assertThat(reading.provenLabels()).isEmpty();
    assertThat(reading.reason()).contains("opcode 0x52");
  }

  @Test
  void aPickleThatNamesAnotherClassIsRefused() throws IOException {
    var reading = (PickleReading.Unreadable) read(bytes("\u0080\u0003cos\nmkdir\n)\u0081}b."));

    assertThat(reading.reason()).contains("os.mkdir");
  }

  @Test
  void anotherClassOnTheStackIsRefused() throws IOException {
    var reading =
        (PickleReading.Unreadable)
            read(bytes("\u0080\u0004\u008c\2os\u008c\6system\u0093)\u0081}b."));

    assertThat(reading.reason()).contains("os.system");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "80 03 58 FF FF FF FF",
        "80 03 8D FF FF FF FF FF FF FF 7F",
        "80 03 8D FF FF FF FF FF FF FF FF",
        "80 03 4B 01 72 FF FF FF FF",
        "80 03 6A 00 00 00 00",
        "80 03 8A FF",
        "80 03 75",
        "80 03 73",
        "80 03 62",
        "80 03 81",
        "80 03 93",
        "80 03 2E",
        "80 03 4E 2E",
        "80 09",
        "00",
        "80 03 7D 28 7D 4E 75 2E",
        "80 03 58 01 00 00 00 FF"
      })
  void aMalformedPickleIsNotReadable(String hex) throws IOException {
    byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(hex);

    assertThat(read(bytes)).isInstanceOf(PickleReading.Unreadable.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"}", "(", "N", "K\u0001", ")"})
  void endlessRepetitionEndsEarly(String unit) throws IOException {
    var reading = (PickleReading.Unreadable) read(bytes("\u0080\u0003" + unit.repeat(100_000)));

    assertThat(reading.reason()).contains("more ");
  }

  @Test
  void aMissingFieldIsNamed() throws IOException {
    var reading =
        (PickleReading.Unreadable)
            read(
                bytes(
                    "\u0080\u0003}(X\u0014\0\0\0total_elements_addedK\1"
                        + "X\u000B\0\0\0id_to_label}u."));

    assertThat(reading.reason()).isEqualTo("the field label_to_id is missing");
  }

  @Test
  void bytesAfterTheEndAreNotReadableByChromaButProveLabels() throws IOException {
    byte[] whole = real("chroma-0.5.5.pickle");
    var reading = (PickleReading.Unreadable) read(Arrays.copyOf(whole, whole.length + 1));

    assertThat(reading.provenLabels()).hasSize(25);
  }

  @Test
  void randomDamageNeverThrows() throws IOException {
    var random = new Random(20260822);
    for (var name : new String[] {"chroma-0.5.5.pickle", "chroma-0.4.14.pickle"}) {
      byte[] whole = real(name);
      for (int round = 0; round < 5000; round++) {
        byte[] damaged = whole.clone();
        for (int flips = random.nextInt(1, 4); flips > 0; flips--) {
          damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
        }
        assertThat(read(damaged)).isNotNull();
      }
    }
  }

  @Test
  void anAbsentAnEmptyAndAnIrregularFileAreTold() throws IOException {
    var file = directory.resolve("index_metadata.pickle");
    assertThat(IndexPickle.read(file)).isInstanceOf(PickleReading.Absent.class);

    Files.createFile(file);
    assertThat(IndexPickle.read(file))
        .isEqualTo(new PickleReading.Unreadable("it is empty", Map.of()));
    assertThat(IndexPickle.read(directory))
        .isEqualTo(new PickleReading.Unreadable("it is not a regular file", Map.of()));
  }

  @Test
  void theWrittenBytesAreThoseThatEveryReleaseReads() throws IOException {
    var labels = new LinkedHashMap<String, Long>(Map.of("é", 1L));
    var ids = new LinkedHashMap<Long, String>(Map.of(1L, "é"));
    var sequences = new LinkedHashMap<String, Long>(Map.of("é", 1L << 31));
    var out = new ByteArrayOutputStream();
    IndexPickle.write(
        out,
        new IndexMetadata(
            OptionalInt.of(6), 1, OptionalLong.empty(), labels, ids, sequences, Shape.DICT));

    String expected =
        "\u0080\u0003"
            + CLASS
            + ")\u0081}("
            + "X\u000E\0\0\0dimensionalityJ\6\0\0\0"
            + "X\u0014\0\0\0total_elements_addedJ\1\0\0\0"
            + "X\12\0\0\0max_seq_idN"
            + "X\u000B\0\0\0id_to_label}(X\2\0\0\0\u00C3\u00A9J\1\0\0\0u"
            + "X\u000B\0\0\0label_to_id}(J\1\0\0\0X\2\0\0\0\u00C3\u00A9u"
            + "X\14\0\0\0id_to_seq_id}(X\2\0\0\0\u00C3\u00A9\u008A\u0008\0\0\0\u0080\0\0\0\0u"
            + "ub.";
    assertThat(out.toByteArray()).isEqualTo(bytes(expected));
  }

  @Test
  void whatIsWrittenInBatchesIsReadBack() throws IOException {
    var labels = new LinkedHashMap<String, Long>();
    var ids = new LinkedHashMap<Long, String>();
    for (long label = 1; label <= 2500; label++) {
      labels.put("日本-\uD83D\uDE00-" + label, label);
      ids.put(label, "日本-\uD83D\uDE00-" + label);
    }
    var metadata =
        new IndexMetadata(
            OptionalInt.empty(), 2500, OptionalLong.of(7), labels, ids, Map.of(), Shape.CLASS);
    var file = directory.resolve("new.pickle");
    IndexPickle.write(file, metadata);

    assertThat(IndexPickle.read(file)).isEqualTo(new PickleReading.Readable(metadata));
    assertThatThrownBy(() -> IndexPickle.write(file, metadata))
        .isInstanceOf(FileAlreadyExistsException.class);
  }

  @Test
  void anIdWithoutUtf8FormIsRefusedRatherThanChanged() {
    var metadata =
        new IndexMetadata(
            OptionalInt.empty(),
            1,
            OptionalLong.empty(),
            Map.of("\uD800", 1L),
            Map.of(),
            Map.of(),
            Shape.CLASS);

    assertThatThrownBy(() -> IndexPickle.write(new ByteArrayOutputStream(), metadata))
        .isInstanceOf(CharacterCodingException.class);
  }

  private static IndexMetadata readable(byte[] bytes) throws IOException {
    return ((PickleReading.Readable) read(bytes)).metadata();
  }

  private static PickleReading read(byte[] bytes) throws IOException {
    return IndexPickle.read(Channels.newChannel(new ByteArrayInputStream(bytes)));
  }

  private static byte[] bytes(String latin1) {
    return latin1.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] real(String name) throws IOException {
    return Files.readAllBytes(Path.of("src/test/resources/palace/common/pickle").resolve(name));
  }
}
