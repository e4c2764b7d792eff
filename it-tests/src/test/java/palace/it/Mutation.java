package palace.it;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;

/// Damages bytes in the ways that disks, copies and attackers do, told by a random sequence.
final class Mutation {
  private static final long[] TELLING_NUMBERS = {
    0,
    1,
    -1,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x7FFF_FFFFL,
    0x8000_0000L,
    0xFFFF_FFFFL,
    0x1_0000_0000L,
    1L << 40,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    Long.MAX_VALUE - 7
  };

  private Mutation() {}

  /// {@return a damaged copy: between one and four acts}
  static byte[] of(byte[] sound, Random random) {
    byte[] bytes = sound.clone();
    for (int acts = 1 + random.nextInt(4); acts > 0; acts--) {
      bytes = act(bytes, sound, random);
    }
    return bytes;
  }

  private static byte[] act(byte[] bytes, byte[] sound, Random random) {
    if (bytes.length == 0) {
      return new byte[random.nextInt(8)];
    }
    int at = random.nextInt(bytes.length);
    switch (random.nextInt(8)) {
      case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> bytes[at] = (byte) random.nextInt(256);
      case 2, 3 -> number(bytes, at, random);
      case 4 -> Arrays.fill(bytes, at, end(bytes, at, random), (byte) (random.nextInt(3) - 1));
      case 5 -> {
        return Arrays.copyOf(bytes, at);
      }
      case 6 -> {
        int from = random.nextInt(Math.max(1, sound.length));
        int count = Math.min(end(bytes, at, random) - at, sound.length - from);
        System.arraycopy(sound, from, bytes, at, count);
      }
      default -> {
        return repeated(bytes, at, end(bytes, at, random), 1 + random.nextInt(3));
      }
    }
    return bytes;
  }

  private static int end(byte[] bytes, int from, Random random) {
    return from + Math.min(bytes.length - from, 1 + random.nextInt(1 << random.nextInt(13)));
  }

  private static byte[] repeated(byte[] bytes, int from, int to, int times) {
    var longer = ByteBuffer.allocate(bytes.length + (to - from) * times);
    longer.put(bytes, 0, to);
    for (int i = 0; i < times; i++) {
      longer.put(bytes, from, to - from);
    }
    return longer.put(bytes, to, bytes.length - to).array();
  }

  private static void number(byte[] bytes, int at, Random random) {
    write(bytes, at, 1 << random.nextInt(4), tellingNumber(random), random.nextBoolean());
  }

  /// {@return a number at which arithmetic and bounds go wrong}
  static long tellingNumber(Random random) {
    return TELLING_NUMBERS[random.nextInt(TELLING_NUMBERS.length)];
  }

  /// Writes as many bytes of a number as there is room for.
  static void write(byte[] bytes, int at, int width, long number, boolean bigEndian) {
    byte[] encoded =
        ByteBuffer.allocate(Long.BYTES)
            .order(bigEndian ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN)
            .putLong(number)
            .array();
    int from = bigEndian ? Long.BYTES - width : 0;
    System.arraycopy(encoded, from, bytes, at, Math.min(width, bytes.length - at));
  }
}
