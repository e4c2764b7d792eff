package palace.repair;

import java.util.List;
import java.util.stream.Stream;

/// What one collection could not keep: ids of drawers, one by one. Nothing that was readable is
/// discarded: the database as it was is in the snapshot.
///
/// @param records drawers that are no longer in the collection; the text of those whose vector is
///   lost stands in `needs-embedding.jsonl`
/// @param vectors drawers whose vector exists nowhere
/// @param documents drawers whose document was lost
/// @param metadata drawers of whose metadata something was lost
public record Loss(
    List<String> records, List<String> vectors, List<String> documents, List<String> metadata) {
  /// Nothing.
  static final Loss NONE = new Loss(List.of(), List.of(), List.of(), List.of());

  /// Keeps copies of the lists.
  public Loss {
    records = List.copyOf(records);
    vectors = List.copyOf(vectors);
    documents = List.copyOf(documents);
    metadata = List.copyOf(metadata);
  }

  /// {@return both}
  Loss and(Loss other) {
    return new Loss(
        union(records, other.records),
        union(vectors, other.vectors),
        union(documents, other.documents),
        union(metadata, other.metadata));
  }

  private static List<String> union(List<String> some, List<String> more) {
    return Stream.concat(some.stream(), more.stream()).distinct().toList();
  }

  /// {@return whether nothing was lost}
  public boolean isEmpty() {
    return records.isEmpty() && vectors.isEmpty() && documents.isEmpty() && metadata.isEmpty();
  }
}
