package palace.repair;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import palace.common.chroma.MetadataValue;

/// Drawers that lost a document or other metadata, by the id of their collection.
final class LostValues {
  private final Map<String, Set<String>> documents = new HashMap<>();
  private final Map<String, Set<String>> metadata = new HashMap<>();

  /// @param key under which the value stood
  /// @param drawer the id that it has in its collection
  void add(String key, String collection, String drawer) {
    (key.equals(MetadataValue.DOCUMENT_KEY) ? documents : metadata)
        .computeIfAbsent(collection, of -> new LinkedHashSet<>())
        .add(drawer);
  }

  List<String> documents(String collection) {
    return new ArrayList<>(documents.getOrDefault(collection, Set.of()));
  }

  List<String> metadata(String collection) {
    return new ArrayList<>(metadata.getOrDefault(collection, Set.of()));
  }
}
