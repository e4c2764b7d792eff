package palace.common.chroma;

import java.nio.ByteBuffer;
import java.util.OptionalLong;

/// A position in the queue as `max_seq_id` and `embeddings` hold it: an INTEGER since 1.0, before
/// that an 8-byte big-endian BLOB (24 bytes for Pulsar positions, which local palaces never have).
public sealed interface SequenceNumber {
  /// Positions beyond this were never written by anybody.
  long PLAUSIBLE = 1L << 53;

  /// A plain number, and whether it was stored as a BLOB.
  record Plain(long value, boolean blob) implements SequenceNumber {}

  /// What migration `metadb/00005` makes of a number that was already an INTEGER: its decimal
  /// digits as ASCII bytes, padded in front with 0x11. `original` is exact up to eight digits; of
  /// longer numbers only the last eight are left.
  record Poisoned(long stored, long original) implements SequenceNumber {}

  /// Anything else.
  record Unreadable(String found) implements SequenceNumber {}

  /// {@return the meaning of a stored value, as [Row#value] gives it}
  static SequenceNumber of(Object stored) {
    return switch (stored) {
      case Long number -> ofInteger(number);
      case byte[] bytes when bytes.length == Long.BYTES ->
          new Plain(ByteBuffer.wrap(bytes).getLong(), true);
      case byte[] bytes -> new Unreadable(bytes.length + " bytes");
      case Object other ->
          new Unreadable(other == Row.NULL ? "NULL" : other.getClass().getSimpleName());
    };
  }

  private static SequenceNumber ofInteger(long number) {
    if (number < PLAUSIBLE) {
      return new Plain(number, false);
    }
    OptionalLong original = decodePoison(number);
    return original.isPresent()
        ? new Poisoned(number, original.getAsLong())
        : new Plain(number, false);
  }

  private static OptionalLong decodePoison(long number) {
    long original = 0;
    boolean digits = false;
    for (int shift = 56; shift >= 0; shift -= 8) {
      int octet = (int) (number >>> shift) & 0xFF;
      if (octet >= '0' && octet <= '9') {
        original = original * 10 + (octet - '0');
        digits = true;
      } else if (digits || octet != 0x11) {
        return OptionalLong.empty();
      }
    }
    return digits ? OptionalLong.of(original) : OptionalLong.empty();
  }

  /// {@return the number it stands for, when that is not negative}
  default OptionalLong position() {
    return switch (this) {
      case Plain(long value, boolean blob) when value >= 0 -> OptionalLong.of(value);
      case Plain negative -> OptionalLong.empty();
      case Poisoned(long stored, long original) -> OptionalLong.of(original);
      case Unreadable unreadable -> OptionalLong.empty();
    };
  }

  /// {@return the value as a level stores it}
  static Object encode(long value, SchemaLevel level) {
    return level.hasIntegerSequences()
        ? value
        : ByteBuffer.allocate(Long.BYTES).putLong(value).array();
  }
}
