package palace.common.store;

import java.util.List;
import java.util.Optional;
import palace.common.chroma.SegmentRow;

/// What other traces say of rows that the table `segments` lacks.
///
/// @param segments the rows that are proven
/// @param untold names of segments that the table does not know and of which nothing tells whose
///   they are: groups of records, and directories with an index
public record Adoption(List<SegmentRow> segments, List<String> untold) {
  /// Of a palace that lacks nothing.
  public static final Adoption NONE = new Adoption(List.of(), List.of());

  /// {@return the proven segment of a collection with a scope}
  public Optional<String> of(String collectionId, String scope) {
    return segments.stream()
        .filter(row -> row.collectionId().equals(collectionId) && row.scope().equals(scope))
        .map(SegmentRow::id)
        .findFirst();
  }
}
