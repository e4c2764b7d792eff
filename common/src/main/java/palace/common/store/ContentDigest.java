package palace.common.store;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import palace.common.chroma.MetadataValue;

/// Hash over every drawer's id, document, typed metadata and vector bits that does not depend on
/// their order: equal digests mean nothing was lost. It is the SHA-256 of the number of drawers and
/// the sum of their own SHA-256 values modulo 2^256.
public final class ContentDigest {
  private static final BigInteger MODULUS = BigInteger.ONE.shiftLeft(256);

  private BigInteger sum = BigInteger.ZERO;
  private long count;

  /// Adds one drawer.
  public void add(Drawer drawer) {
    sum = sum.add(new BigInteger(1, of(drawer))).mod(MODULUS);
    count++;
  }

  /// {@return the SHA-256 of one drawer}
  public static byte[] of(Drawer drawer) {
    return sha256(encode(drawer));
  }

  /// {@return the digest of a collection, in lower-case hex}
  public static String of(CollectionState collection, int batchSize) throws IOException {
    var digest = new ContentDigest();
    collection.drawers(batchSize).forEachBatch(batch -> batch.forEach(digest::add));
    return digest.hex();
  }

  /// {@return the digest so far, in lower-case hex}
  public String hex() {
    return HexFormat.of()
        .formatHex(sha256((count + ":" + sum.toString(16)).getBytes(StandardCharsets.US_ASCII)));
  }

  private static byte[] encode(Drawer drawer) {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      text(out, drawer.id());
      out.writeInt(drawer.metadata().size());
      for (Map.Entry<String, MetadataValue> entry : new TreeMap<>(drawer.metadata()).entrySet()) {
        text(out, entry.getKey());
        value(out, entry.getValue());
      }
      vector(out, drawer);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void vector(DataOutputStream out, Drawer drawer) throws IOException {
    out.writeBoolean(drawer.vector().isPresent());
    if (drawer.vector().isPresent()) {
      StoredVector vector = drawer.vector().get();
      out.writeInt(vector.components().length);
      for (float component : vector.components()) {
        out.writeInt(Float.floatToRawIntBits(component));
      }
      out.writeInt(Float.floatToRawIntBits(vector.length()));
    }
  }

  private static void value(DataOutputStream out, MetadataValue value) throws IOException {
    switch (value) {
      case MetadataValue.Text(String text) -> {
        out.writeByte('s');
        text(out, text);
      }
      case MetadataValue.Whole(long number) -> {
        out.writeByte('i');
        out.writeLong(number);
      }
      case MetadataValue.Real(double number) -> {
        out.writeByte('f');
        out.writeLong(Double.doubleToRawLongBits(number));
      }
      case MetadataValue.Flag(boolean flag) -> {
        out.writeByte('b');
        out.writeBoolean(flag);
      }
      case MetadataValue.Listing(List<MetadataValue> values) -> {
        out.writeByte('l');
        out.writeInt(values.size());
        for (MetadataValue element : values) {
          value(out, element);
        }
      }
    }
  }

  private static void text(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
