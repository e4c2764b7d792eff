package palace.common.pickle;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.OptionalLong;

/// Writes [IndexMetadata] as a protocol 3 pickle of a `PersistentData`, without memo and frames.
///
/// Bytes: `80 03`, `c` module LF class LF, `)` `81` (the instance), `}` `(` fields `u` (its state),
/// `b` `.`. Texts are BINUNICODE, numbers BININT below 2³¹ and LONG1 of eight bytes from there on;
/// dicts are filled a thousand pairs at a time.
final class PickleWriter {
  private static final String CLASS =
      "cchromadb.segment.impl.vector.local_persistent_hnsw\nPersistentData\n";
  private static final int BATCH_PAIRS = 1000;

  private final OutputStream out;
  private final ByteBuffer number = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);

  PickleWriter(OutputStream out) {
    this.out = out;
  }

  void write(IndexMetadata metadata) throws IOException {
    out.write(0x80);
    out.write(3);
    out.write(CLASS.getBytes(StandardCharsets.US_ASCII));
    out.write(')');
    out.write(0x81);
    out.write('}');
    out.write('(');
    text("dimensionality");
    numberOrNone(asLong(metadata));
    text("total_elements_added");
    value(metadata.totalElementsAdded());
    text("max_seq_id");
    numberOrNone(metadata.maxSeqId());
    text("id_to_label");
    dict(metadata.idToLabel());
    text("label_to_id");
    dict(metadata.labelToId());
    text("id_to_seq_id");
    dict(metadata.idToSeqId());
    out.write('u');
    out.write('b');
    out.write('.');
  }

  private static OptionalLong asLong(IndexMetadata metadata) {
    var dimensionality = metadata.dimensionality();
    return dimensionality.isPresent()
        ? OptionalLong.of(dimensionality.getAsInt())
        : OptionalLong.empty();
  }

  private void dict(Map<?, ?> pairs) throws IOException {
    out.write('}');
    int open = 0;
    for (var pair : pairs.entrySet()) {
      if (open == 0) {
        out.write('(');
      }
      value(pair.getKey());
      value(pair.getValue());
      if (++open == BATCH_PAIRS) {
        out.write('u');
        open = 0;
      }
    }
    if (open > 0) {
      out.write('u');
    }
  }

  private void value(Object value) throws IOException {
    if (value instanceof Long wide) {
      number(wide);
    } else {
      text((String) value);
    }
  }

  private void numberOrNone(OptionalLong value) throws IOException {
    if (value.isPresent()) {
      number(value.getAsLong());
    } else {
      out.write('N');
    }
  }

  private void number(long value) throws IOException {
    if (value == (int) value) {
      out.write('J');
      out.write(number.clear().putInt((int) value).array(), 0, 4);
    } else {
      out.write(0x8A);
      out.write(8);
      out.write(number.clear().putLong(value).array(), 0, 8);
    }
  }

  /// An id with a lone surrogate has no UTF-8 form and is refused rather than changed.
  private void text(String text) throws IOException {
    var bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
    out.write('X');
    out.write(number.clear().putInt(bytes.remaining()).array(), 0, 4);
    out.write(bytes.array(), bytes.arrayOffset(), bytes.remaining());
  }
}
