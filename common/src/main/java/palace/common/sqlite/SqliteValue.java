package palace.common.sqlite;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// One value of a record, in the type it was stored with.
public sealed interface SqliteValue {
  /// NULL.
  record Null() implements SqliteValue {}

  /// An integer of up to 64 bits.
  record Whole(long value) implements SqliteValue {}

  /// A float.
  record Real(double value) implements SqliteValue {}

  /// A text as its bytes in UTF-8, which nobody promises to be valid.
  record Text(byte[] utf8) implements SqliteValue {
    /// {@return the text; bytes that are no UTF-8 become U+FFFD}
    public String text() {
      return new String(utf8, StandardCharsets.UTF_8);
    }

    /// {@return whether the bytes are UTF-8}
    public boolean isValid() {
      return strict().isPresent();
    }

    private Optional<String> strict() {
      try {
        return Optional.of(
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString());
      } catch (CharacterCodingException e) {
        return Optional.empty();
      }
    }
  }

  /// Bytes.
  record Blob(byte[] bytes) implements SqliteValue {}

  /// The one NULL.
  SqliteValue NULL = new Null();
}
