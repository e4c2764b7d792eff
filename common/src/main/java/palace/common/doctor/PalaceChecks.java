package palace.common.doctor;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.SegmentRow;
import palace.common.store.Adoption;
import palace.common.store.CollectionState;
import palace.common.store.Palace;

/// Every check there is, in the order in which findings are listed.
final class PalaceChecks {
  /// What a drawer takes while its collection is examined, with a long id.
  private static final long BYTES_PER_DRAWER = 1_200;

  private PalaceChecks() {}

  /// {@return the checks that others assume: which collection has which segments, drawers and
  /// writes}
  static List<CheckUnit> ties(Palace palace) {
    return List.of(
        segments(palace.adoption()),
        CheckUnit.of(
            "drawers of no segment",
            part -> new RowCheck(part).strayDrawers(palace.strays(part.database()))),
        topics());
  }

  /// {@return the same of a database that cannot be opened as a palace}
  static List<CheckUnit> tiesOfDatabase() {
    return List.of(segments(Adoption.NONE), topics());
  }

  private static CheckUnit segments(Adoption adoption) {
    return CheckUnit.of("segments", part -> new SegmentCheck(part, adoption).run());
  }

  private static CheckUnit topics() {
    return CheckUnit.of("topics of the queue", part -> new QueueCheck(part).topics());
  }

  /// {@return everything that can be asked of the database alone}
  static List<CheckUnit> ofDatabase() {
    return List.of(
        CheckUnit.of("SQLite's integrity check", part -> new DatabaseCheck(part).integrity()),
        CheckUnit.of("migrations", part -> new MigrationCheck(part).run()),
        CheckUnit.of(
            "tenants and databases", part -> new CatalogueCheck(part).tenantsAndDatabases()),
        CheckUnit.of("ids", part -> new CatalogueCheck(part).ids()),
        CheckUnit.optional(
            "rows of nothing that exists", part -> new CatalogueCheck(part).orphans()),
        CheckUnit.of("full-text table", part -> new FullTextCheck(part).run()),
        CheckUnit.optional("rows of embeddings", part -> new RowCheck(part).orphanEmbeddings()),
        CheckUnit.of("metadata of no drawer", part -> new RowCheck(part).orphanMetadata()),
        CheckUnit.of("types of metadata", part -> new RowCheck(part).typedColumns()),
        CheckUnit.of("texts", part -> new RowCheck(part).texts()),
        CheckUnit.of("numbers", part -> new RowCheck(part).numbers()),
        CheckUnit.of("lists beside values", part -> new RowCheck(part).keysInTwoTables()),
        CheckUnit.of("configuration of the queue", part -> new QueueCheck(part).configuration()),
        CheckUnit.optional("directories without segment", part -> new DirectoryCheck(part).run()));
  }

  /// {@return everything that can be asked of an opened palace}
  static List<CheckUnit> all(Palace palace) {
    var checks = new ArrayList<>(ofDatabase());
    for (CollectionRow row : palace.collections()) {
      checks.add(
          new CheckUnit(
              "drawers of collection " + row.name(),
              true,
              memoryFor(palace, row),
              part -> collection(part, palace, row)));
    }
    return checks;
  }

  /// What cannot be counted is looked at with the bound of the heap alone.
  private static long memoryFor(Palace palace, CollectionRow row) {
    try {
      long drawers =
          palace
              .database()
              .number(
                  "SELECT count(*) FROM embeddings WHERE segment_id = ?",
                  palace
                      .catalogue()
                      .segmentOf(row, SegmentRow.METADATA)
                      .map(SegmentRow::id)
                      .orElse(""));
      return (drawers + palace.queue().of(row.topic()).size()) * BYTES_PER_DRAWER;
    } catch (IOException e) {
      return 0;
    }
  }

  private static void collection(Examination part, Palace palace, CollectionRow row)
      throws IOException {
    String of = " of collection " + row.name();
    try (CollectionState state = palace.open(row, part.database())) {
      part.summary(summary(state));
      var sequences = new SequenceCheck(part, state, palace.queue().highest());
      part.run("sequence numbers" + of, sequences::run);
      part.run("configuration" + of, new ConfigurationCheck(part, state)::run);
      part.run("queue rows" + of, () -> new QueueRowCheck(part, state).run(consumedByBoth(state)));
      part.run("tail of the queue" + of, false, new QueueTailCheck(part, state)::run);
      // Without its drawers and its queue an index that lacks nothing seems to.
      if (!part.isUntied(CollectionName.of(row))) {
        part.run("index" + of, () -> IndexCheckup.run(part, state));
      }
    }
  }

  /// Chroma reads the queue from where the slower segment is; an index that it takes for new is at
  /// the beginning.
  private static long consumedByBoth(CollectionState state) {
    boolean young =
        state.segment().isEmpty() || IndexPresence.of(state.segment().get()).isUninitialised();
    long vectors = young ? 0 : state.vectorConsumed().believed();
    return Math.min(vectors, state.metadataConsumed().believed());
  }

  private static CollectionSummary summary(CollectionState state) {
    return new CollectionSummary(
        state.row().id(),
        state.name(),
        state.entries().size(),
        state.vectorsInIndex(),
        state.vectorsInQueue(),
        state.vectorsInSiblings(),
        state.vectorsInFreePages(),
        state.missingVectors().size(),
        state.dimension(),
        state.space(),
        state.queueEntries().size());
  }
}
