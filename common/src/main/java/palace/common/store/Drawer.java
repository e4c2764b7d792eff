package palace.common.store;

import java.util.Map;
import java.util.Optional;
import palace.common.chroma.MetadataValue;

/// One record of a collection with everything that belongs to it.
///
/// @param id the user's id
/// @param metadata every typed value, the keys that Chroma reserves (`chroma:document`,
///   `chroma:uri`) included, in the order of their rows
/// @param vector in stored form; absent when no vector of it exists anywhere
/// @param sequence position in the queue of the last write that touched it; 0 when unknown
public record Drawer(
    String id, Map<String, MetadataValue> metadata, Optional<StoredVector> vector, long sequence) {
  /// {@return its document, absent when it has none}
  public Optional<String> document() {
    return metadata.get(MetadataValue.DOCUMENT_KEY) instanceof MetadataValue.Text(String text)
        ? Optional.of(text)
        : Optional.empty();
  }
}
