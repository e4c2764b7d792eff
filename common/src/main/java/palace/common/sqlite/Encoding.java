package palace.common.sqlite;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/// How a database stores text; the number stands at offset 56 of its header.
public enum Encoding {
  /// 1, what nearly every database has.
  UTF_8(StandardCharsets.UTF_8),
  /// 2.
  UTF_16LE(StandardCharsets.UTF_16LE),
  /// 3.
  UTF_16BE(StandardCharsets.UTF_16BE);

  private final Charset charset;

  Encoding(Charset charset) {
    this.charset = charset;
  }

  /// {@return the encoding of a header's number; UTF-8 for a number that means nothing}
  static Encoding of(long number) {
    return number == 2 ? UTF_16LE : number == 3 ? UTF_16BE : UTF_8;
  }

  /// {@return the bytes of a stored text in UTF-8; those of a UTF-8 database as they are}
  byte[] toUtf8(byte[] stored) {
    return this == UTF_8 ? stored : new String(stored, charset).getBytes(StandardCharsets.UTF_8);
  }
}
