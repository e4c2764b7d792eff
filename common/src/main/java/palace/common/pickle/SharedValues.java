package palace.common.pickle;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Equal texts and numbers kept once: Rust releases write every id twice and every label twice.
final class SharedValues {
  /// Past so many steps a value is simply not shared, so that chosen hash codes cannot make this
  /// slow.
  private static final int LONGEST_PROBE = 16;

  private @Nullable Object[] table = new @Nullable Object[1 << 10];
  private int size;

  /// {@return the value itself or an equal one seen before}
  @SuppressWarnings("unchecked")
  <T> T share(T value) {
    if (size > table.length / 2) {
      grow();
    }
    int mask = table.length - 1;
    int start = spread(value.hashCode());
    for (int i = 0; i < LONGEST_PROBE; i++) {
      var held = table[(start + i) & mask];
      if (held == null) {
        table[(start + i) & mask] = value;
        size++;
        return value;
      }
      if (held.equals(value)) {
        return (T) held;
      }
    }
    return value;
  }

  private void grow() {
    var old = Arrays.copyOf(table, table.length);
    table = new @Nullable Object[old.length * 2];
    size = 0;
    for (var value : old) {
      if (value != null) {
        share(value);
      }
    }
  }

  private static int spread(int hash) {
    int mixed = hash * 0x9E37_79B9;
    return mixed ^ (mixed >>> 15);
  }
}
