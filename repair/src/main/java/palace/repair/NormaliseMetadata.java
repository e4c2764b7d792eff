package palace.repair;

import java.io.IOException;
import java.util.List;
import palace.common.doctor.Finding;

/// Gives every metadata value the one type that readers see, and drops rows without a value. Values
/// that readers did not see are kept as text in the snapshot.
public record NormaliseMetadata() implements Treatment {
  @Override
  public String code() {
    return "normalise-metadata";
  }

  @Override
  public String act() {
    return "give every metadata value one type, the one that is read";
  }

  private static final List<String> TYPES =
      List.of("string_value", "int_value", "float_value", "bool_value");

  @Override
  public long apply(Surgery surgery, List<Finding> findings) throws IOException {
    long changed = normalise(surgery, "embedding_metadata");
    if (surgery.level().hasArrays()) {
      changed += normalise(surgery, "embedding_metadata_array");
      String beside =
          "EXISTS (SELECT 1 FROM embedding_metadata m WHERE m.id=embedding_metadata_array.id"
              + " AND m.key=embedding_metadata_array.key)";
      surgery.aside().rows(surgery.database(), "embedding_metadata_array", beside);
      changed += surgery.database().execute("DELETE FROM embedding_metadata_array WHERE " + beside);
    }
    return changed;
  }

  private static long normalise(Surgery surgery, String table) throws IOException {
    List<String> types =
        TYPES.stream()
            .filter(type -> !type.equals("bool_value") || surgery.level().hasMetadataBooleans())
            .toList();
    String none = String.join(" IS NULL AND ", types) + " IS NULL";
    long changed = surgery.database().execute("DELETE FROM " + table + " WHERE " + none);
    for (int first = 0; first < types.size() - 1; first++) {
      List<String> later = types.subList(first + 1, types.size());
      String twice =
          "%s IS NOT NULL AND (%s IS NOT NULL)"
              .formatted(types.get(first), String.join(" IS NOT NULL OR ", later));
      surgery.aside().rows(surgery.database(), table, twice);
      changed +=
          surgery
              .database()
              .execute(
                  "UPDATE %s SET %s=NULL WHERE %s"
                      .formatted(table, String.join("=NULL, ", later), twice));
    }
    return changed;
  }
}
