package palace.common.pickle;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/// The bytes of a pickle in order, little-endian, through one buffer; no length is believed before
/// it is bounded.
final class PickleInput {
  private static final int BUFFER_BYTES = 1 << 16;
  private static final int LONGEST_TEXT_BYTES = 1 << 20;
  private static final int LONGEST_LINE_BYTES = 256;

  private final ReadableByteChannel channel;
  private final ByteBuffer buffer =
      ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN).limit(0);
  private long bufferStart;

  PickleInput(ReadableByteChannel channel) {
    this.channel = channel;
  }

  /// {@return the number of bytes read so far}
  long position() {
    return bufferStart + buffer.position();
  }

  /// {@return whether no byte is left}
  boolean atEnd() throws IOException {
    return !buffer.hasRemaining() && !fill(1);
  }

  int unsignedByte() throws IOException, TruncatedPickle {
    require(1);
    return buffer.get() & 0xFF;
  }

  int unsignedShort() throws IOException, TruncatedPickle {
    require(2);
    return buffer.getShort() & 0xFFFF;
  }

  int signedInt() throws IOException, TruncatedPickle {
    require(4);
    return buffer.getInt();
  }

  long unsignedInt() throws IOException, TruncatedPickle {
    return signedInt() & 0xFFFF_FFFFL;
  }

  long signedLong() throws IOException, TruncatedPickle {
    require(8);
    return buffer.getLong();
  }

  /// {@return a two's complement number of so many bytes}
  long signedLong(int byteCount) throws IOException, TruncatedPickle, MalformedPickle {
    if (byteCount > 8) {
      throw new MalformedPickle("a number of " + byteCount + " bytes at byte " + position());
    }
    long value = 0;
    int shift = 0;
    for (; shift < 8 * byteCount; shift += 8) {
      value |= (long) unsignedByte() << shift;
    }
    return shift == 0 ? 0 : value << (64 - shift) >> (64 - shift);
  }

  /// {@return text of so many UTF-8 bytes}
  String text(long byteCount) throws IOException, TruncatedPickle, MalformedPickle {
    if (byteCount < 0 || byteCount > LONGEST_TEXT_BYTES) {
      throw new MalformedPickle(
          "a text of " + Long.toUnsignedString(byteCount) + " bytes at byte " + position());
    }
    var bytes = bytes((int) byteCount);
    var text = new String(bytes, StandardCharsets.UTF_8);
    if (text.indexOf('\uFFFD') >= 0) {
      requireUtf8(bytes);
    }
    return text;
  }

  /// {@return the ASCII line up to the next line feed, without it}
  String line() throws IOException, TruncatedPickle, MalformedPickle {
    var line = new StringBuilder();
    for (int next = unsignedByte(); next != '\n'; next = unsignedByte()) {
      if (line.length() == LONGEST_LINE_BYTES) {
        throw new MalformedPickle("an endless name at byte " + position());
      }
      line.append((char) next);
    }
    return line.toString();
  }

  private byte[] bytes(int byteCount) throws IOException, TruncatedPickle {
    if (byteCount <= BUFFER_BYTES) {
      require(byteCount);
    }
    var bytes = new byte[byteCount];
    for (int done = 0; done < byteCount; ) {
      require(1);
      int step = Math.min(byteCount - done, buffer.remaining());
      buffer.get(bytes, done, step);
      done += step;
    }
    return bytes;
  }

  private void requireUtf8(byte[] bytes) throws MalformedPickle {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
    } catch (CharacterCodingException e) {
      throw new MalformedPickle("a text before byte " + position() + " is not UTF-8");
    }
  }

  private void require(int byteCount) throws IOException, TruncatedPickle {
    if (buffer.remaining() < byteCount && !fill(byteCount)) {
      throw new TruncatedPickle("it ends after " + (position() + buffer.remaining()) + " bytes");
    }
  }

  private boolean fill(int byteCount) throws IOException {
    bufferStart += buffer.position();
    buffer.compact();
    while (buffer.position() < byteCount && channel.read(buffer) >= 0) {
      // A channel may give fewer bytes than asked for.
    }
    buffer.flip();
    return buffer.remaining() >= byteCount;
  }
}
