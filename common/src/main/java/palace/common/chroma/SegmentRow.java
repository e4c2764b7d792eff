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
}
