package palace.common.chroma;

import java.util.Map;

/// One row of `segments`.
///
/// @param id lower-case UUID text in every sound palace; for a vector segment also the name of its
///   directory
/// @param type a `urn:chroma:segment/...`
/// @param scope `VECTOR`, `METADATA` or something that only other deployments of Chroma use
/// @param collectionId the collection it belongs to; empty when NULL
/// @param metadata its `segment_metadata`: the index configuration up to 0.6, empty since 1.0
public record SegmentRow(
    String id,
    String type,
    String scope,
    String collectionId,
    Map<String, MetadataValue> metadata) {
  /// Type of a local vector segment, persisted as an HNSW directory.
  public static final String VECTOR_TYPE = "urn:chroma:segment/vector/hnsw-local-persisted";

  /// Type of a local metadata segment, kept in the database.
  public static final String METADATA_TYPE = "urn:chroma:segment/metadata/sqlite";

  /// Scope of vector segments.
  public static final String VECTOR = "VECTOR";

  /// Scope of metadata segments.
  public static final String METADATA = "METADATA";

  /// {@return whether it has a scope}
  public boolean isOf(String wanted) {
    return scope.equals(wanted);
  }

  /// {@return whether it stands for the same segment of the same collection as another row}
  public boolean isAlike(SegmentRow other) {
    return collectionId.equals(other.collectionId) && scope.equals(other.scope);
  }

  /// {@return whether it cannot be true when another row is}
  public boolean isDeniedBy(SegmentRow proven) {
    return id.equals(proven.id) || isAlike(proven);
  }
}
