package palace.common.sqlite;

/// Numbers in a page, all of them big-endian.
final class Octets {
  private Octets() {}

  static int u8(byte[] page, int at) {
    return page[at] & 0xFF;
  }

  static int u16(byte[] page, int at) {
    return u8(page, at) << 8 | u8(page, at + 1);
  }

  static long u32(byte[] page, int at) {
    return (long) u16(page, at) << 16 | u16(page, at + 2);
  }

  /// {@return an integer of 1 to 8 bytes in two's complement}
  static long signed(byte[] page, int at, int length) {
    long value = page[at];
    for (int i = 1; i < length; i++) {
      value = value << 8 | u8(page, at + i);
    }
    return value;
  }
}
