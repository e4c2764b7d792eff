package palace.common.sqlite;

/// SQLite's integers of variable length: seven bits a byte, the highest bit set in all but the
/// last; a ninth byte counts with all its eight bits.
///
/// @param value the number
/// @param end the offset after it
record Varint(long value, int end) {
  /// What [#read] gives where the bytes end before the number does.
  static final Varint NONE = new Varint(-1, -1);

  private static final int LONGEST = 9;

  /// {@return the number at an offset, or [#NONE] when it does not end before `limit`}
  static Varint read(byte[] bytes, int at, int limit) {
    long value = 0;
    for (int i = 0; i < LONGEST; i++) {
      if (at + i >= limit) {
        return NONE;
      }
      int octet = Octets.u8(bytes, at + i);
      if (i == LONGEST - 1) {
        return new Varint(value << 8 | octet, at + LONGEST);
      }
      value = value << 7 | octet & 0x7F;
      if (octet < 0x80) {
        return new Varint(value, at + i + 1);
      }
    }
    return NONE;
  }

  /// {@return whether there was no number}
  boolean isNone() {
    return end < 0;
  }
}
