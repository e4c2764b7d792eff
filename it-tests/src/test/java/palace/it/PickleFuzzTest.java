package palace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import palace.common.pickle.IndexPickle;
import palace.common.pickle.PickleReading;

/// Whatever stands in `index_metadata.pickle` is an answer of its reader.
final class PickleFuzzTest {
  private static final byte[] OPCODES = {
    (byte) 0x80,
    (byte) 0x95,
    (byte) 0x8C,
    'X',
    (byte) 0x8D,
    'J',
    'K',
    'M',
    (byte) 0x8A,
    'N',
    (byte) 0x94,
    'q',
    'r',
    'h',
    'j',
    '(',
    '}',
    's',
    'u',
    ')',
    'c',
    (byte) 0x93,
    (byte) 0x81,
    'b',
    '.',
    'R',
    'i',
    'o',
    'P',
    'Q',
    (byte) 0x82,
    ']',
    'e',
    'a',
    'l',
    'd',
    't',
    '0',
    '1',
    '2',
    'B'
  };
  private static final String CLASS =
      "chromadb.segment.impl.vector.local_persistent_hnsw\nPersistentData\n";
  private static final List<String> FIELDS =
      List.of(
          "dimensionality",
          "total_elements_added",
          "max_seq_id",
          "id_to_label",
          "label_to_id",
          "id_to_seq_id",
          "",
          "a");

  @TempDir private Path temp;

  @Test
  void aDamagedFileOfChromaIsAnAnswer() throws Exception {
    List<byte[]> sound = pickles();
    Path file = temp.resolve("index_metadata.pickle");
    new Campaign("pickle, damaged", 4000, Duration.ofSeconds(10), 8 << 20)
        .run(random -> {
          byte[] whole = sound.get(random.nextInt(sound.size()));
          Files.write(file, Mutation.of(whole, random));
          return read(file);
        });
  }

  @Test
  void anInventedProgramIsAnAnswer() throws Exception {
    Path file = temp.resolve("index_metadata.pickle");
    new Campaign("pickle, invented", 4000, Duration.ofSeconds(10), 8 << 20)
        .run(random -> {
          Files.write(file, program(random));
          return read(file);
        });
  }

  private static String read(Path file) throws IOException {
    return switch (IndexPickle.read(file)) {
      case PickleReading.Absent absent -> "absent";
      case PickleReading.Readable readable -> "readable";
      case PickleReading.Unreadable unreadable ->
          unreadable.namesForeignClass()
              ? "hostile"
              : unreadable.provenLabels().isEmpty() ? "unreadable" : "readable in part";
    };
  }

  private List<byte[]> pickles() throws IOException {
    var found = new ArrayList<byte[]>();
    for (String release : List.of("0.5.5", "0.6.3", "1.5.9")) {
      Path palace = new FrozenPalace(release).unpack(temp.resolve(release));
      try (Stream<Path> files = Files.walk(palace)) {
        for (Path file : files.filter(name -> name.endsWith("index_metadata.pickle")).toList()) {
          found.add(Files.readAllBytes(file));
        }
      }
    }
    assertThat(found).hasSizeGreaterThan(10);
    return found;
  }

  /// Opcodes in any order, with operands that are right, wrong, huge or cut.
  private static byte[] program(Random random) {
    var program = new ByteArrayOutputStream();
    program.writeBytes(new byte[] {(byte) 0x80, (byte) (2 + random.nextInt(4))});
    for (int left = random.nextInt(1 << random.nextInt(12)); left > 0; left--) {
      step(program, random);
    }
    program.write('.');
    return program.toByteArray();
  }

  private static void step(ByteArrayOutputStream program, Random random) {
    byte opcode = OPCODES[random.nextInt(OPCODES.length)];
    program.write(opcode);
    switch (opcode & 0xFF) {
      case 0x80, 'K', 'q', 'h' -> program.write(random.nextInt(256));
      case 'M' -> number(program, 2, random.nextInt(1 << 16));
      case 'J', 'r', 'j' -> number(program, 4, numberOf(random));
      case 0x95 -> number(program, 8, numberOf(random));
      case 0x8A -> number(program, 1, random.nextInt(12));
      case 0x8C -> text(program, 1, random);
      case 'X' -> text(program, 4, random);
      case 0x8D -> text(program, 8, random);
      case 'c' ->
          program.writeBytes(
              (random.nextInt(4) > 0 ? CLASS : "posix\nsystem\n")
                  .getBytes(StandardCharsets.US_ASCII));
      default -> {}
    }
  }

  private static long numberOf(Random random) {
    return random.nextInt(4) == 0 ? Mutation.tellingNumber(random) : random.nextInt(40);
  }

  private static void text(ByteArrayOutputStream program, int width, Random random) {
    byte[] text = FIELDS.get(random.nextInt(FIELDS.size())).getBytes(StandardCharsets.US_ASCII);
    boolean lies = random.nextInt(8) == 0;
    number(program, width, lies ? Mutation.tellingNumber(random) : text.length);
    program.writeBytes(text);
  }

  private static void number(ByteArrayOutputStream program, int width, long number) {
    byte[] bytes = new byte[width];
    Mutation.write(bytes, 0, width, number, false);
    program.writeBytes(bytes);
  }
}
