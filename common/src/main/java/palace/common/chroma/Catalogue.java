package palace.common.chroma;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// The small tables of a database read whole: collections with their tenants and databases, and
/// segments.
///
/// @param collections in the order of their rows
/// @param segments in the order of their rows, also those of collections that do not exist
public record Catalogue(List<CollectionRow> collections, List<SegmentRow> segments) {
  private static final String DEFAULT_DATABASE_ID = "00000000-0000-0000-0000-000000000000";

  /// Reads the tables as far as the level has them.
  public static Catalogue read(ChromaDatabase database) throws IOException {
    var ownMetadata = metadataOf(database, "collection_metadata", "collection_id");
    var segmentMetadata = metadataOf(database, "segment_metadata", "segment_id");
    return new Catalogue(collections(database, ownMetadata), segments(database, segmentMetadata));
  }

  private static List<CollectionRow> collections(
      ChromaDatabase database, Map<String, Map<String, MetadataValue>> metadata)
      throws IOException {
    Set<String> columns = database.schema().columns("collections");
    boolean hasDatabases =
        columns.contains("database_id") && database.schema().hasTable("databases");
    String sql =
        "SELECT c.id, c.name, c.dimension, "
            + (hasDatabases
                ? "coalesce(d.name, 'default_database'), coalesce(d.tenant_id, 'default_tenant'), c.database_id, "
                : "'default_database', 'default_tenant', '" + DEFAULT_DATABASE_ID + "', ")
            + (columns.contains("config_json_str") ? "c.config_json_str, " : "NULL, ")
            + (columns.contains("schema_str") ? "c.schema_str " : "NULL ")
            + "FROM collections c "
            + (hasDatabases ? "LEFT JOIN databases d ON d.id = c.database_id " : "")
            + "ORDER BY c.rowid";
    return database.list(
        sql,
        row ->
            new CollectionRow(
                row.text(1),
                row.text(2),
                row.isNull(3)
                    ? Optional.empty()
                    : Optional.of((int) Math.clamp(row.integer(3), 0L, Integer.MAX_VALUE)),
                row.text(4),
                row.text(5),
                row.text(6),
                textOf(row, 7),
                textOf(row, 8),
                metadata.getOrDefault(row.text(1), Map.of())));
  }

  private static Optional<String> textOf(Row row, int column) {
    return row.isNull(column) ? Optional.empty() : Optional.of(row.text(column));
  }

  private static List<SegmentRow> segments(
      ChromaDatabase database, Map<String, Map<String, MetadataValue>> metadata)
      throws IOException {
    return database.list(
        "SELECT id, type, scope, collection FROM segments ORDER BY rowid",
        row ->
            new SegmentRow(
                row.text(1),
                row.text(2),
                row.text(3),
                row.text(4),
                metadata.getOrDefault(row.text(1), Map.of())));
  }

  private static Map<String, Map<String, MetadataValue>> metadataOf(
      ChromaDatabase database, String table, String owner) throws IOException {
    boolean hasBoolean = database.schema().columns(table).contains("bool_value");
    var found = new LinkedHashMap<String, Map<String, MetadataValue>>();
    database.each(
        "SELECT "
            + owner
            + ", key, str_value, int_value, float_value"
            + (hasBoolean ? ", bool_value" : "")
            + " FROM "
            + table
            + " ORDER BY rowid",
        row ->
            MetadataValue.ofColumns(row, 3, hasBoolean)
                .ifPresent(value ->
                    found
                        .computeIfAbsent(row.text(1), key -> new LinkedHashMap<>())
                        .put(row.text(2), value)));
    return found;
  }

  /// {@return this with segments that are proven, in the place of rows that say otherwise}
  public Catalogue with(List<SegmentRow> proven) {
    return new Catalogue(
        collections,
        Stream.concat(
                segments.stream().filter(row -> proven.stream().noneMatch(row::isDeniedBy)),
                proven.stream())
            .toList());
  }

  /// {@return the segments that belong to a collection there is, as the only one of their scope}
  public List<SegmentRow> placed() {
    return segments.stream().filter(this::isPlaced).toList();
  }

  private boolean isPlaced(SegmentRow segment) {
    boolean known = segment.isOf(SegmentRow.VECTOR) || segment.isOf(SegmentRow.METADATA);
    return known
        && collections.stream().anyMatch(row -> row.id().equals(segment.collectionId()))
        && segments.stream().filter(segment::isAlike).count() == 1;
  }

  /// {@return the segment of a collection with a scope; the first one when there are several}
  public Optional<SegmentRow> segmentOf(CollectionRow collection, String scope) {
    return segments.stream()
        .filter(segment ->
            segment.collectionId().equals(collection.id()) && segment.scope().equals(scope))
        .findFirst();
  }
}
