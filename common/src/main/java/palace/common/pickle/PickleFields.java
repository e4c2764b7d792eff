package palace.common.pickle;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// The fields of the outermost value of a pickle, turned into [IndexMetadata] only when each has
/// the type Chroma gives it.
///
/// @param entries name and value of each field; unknown ones are ignored
/// @param shape what held them
record PickleFields(Map<Object, Object> entries, IndexMetadata.Shape shape) {

  /// {@return the metadata}
  IndexMetadata metadata() throws MalformedPickle {
    return new IndexMetadata(
        dimensionality(),
        number("total_elements_added").orElseThrow(() -> missing("total_elements_added")),
        number("max_seq_id"),
        dict("id_to_label", String.class, Long.class),
        dict("label_to_id", Long.class, String.class),
        dict("id_to_seq_id", String.class, Long.class),
        shape);
  }

  /// {@return the pairs of `id_to_label`, or none when anything in it has a wrong type}
  Map<String, Long> labelsSoFar() {
    try {
      return dict("id_to_label", String.class, Long.class);
    } catch (MalformedPickle e) {
      return new LinkedHashMap<>();
    }
  }

  private OptionalInt dimensionality() throws MalformedPickle {
    var number = number("dimensionality");
    if (number.isEmpty()) {
      return OptionalInt.empty();
    }
    if (number.getAsLong() < 0 || number.getAsLong() > Integer.MAX_VALUE) {
      throw new MalformedPickle("a dimensionality of " + number.getAsLong());
    }
    return OptionalInt.of((int) number.getAsLong());
  }

  private OptionalLong number(String field) throws MalformedPickle {
    var value = entries.get(field);
    if (value == null || PickleMachine.isNone(value)) {
      return OptionalLong.empty();
    }
    if (value instanceof Long number) {
      return OptionalLong.of(number);
    }
    throw new MalformedPickle("the field " + field + " is not a number");
  }

  @SuppressWarnings("unchecked")
  private <K, V> Map<K, V> dict(String field, Class<K> keys, Class<V> values)
      throws MalformedPickle {
    @Nullable Map<Object, Object> found = PickleMachine.entriesOf(entries.get(field));
    if (found == null) {
      throw missing(field);
    }
    for (var entry : found.entrySet()) {
      if (!keys.isInstance(entry.getKey()) || !values.isInstance(entry.getValue())) {
        throw new MalformedPickle("the field " + field + " does not map ids and labels");
      }
    }
    return (Map<K, V>) (Map<?, ?>) found;
  }

  private static MalformedPickle missing(String field) {
    return new MalformedPickle("the field " + field + " is missing");
  }
}
