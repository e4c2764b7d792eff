package palace.repair;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.CollectionRow;
import palace.common.doctor.SalvagedCopy;
import palace.common.salvage.SalvageReport;
import palace.common.store.CollectionState;
import palace.common.store.Palace;

/// What a rescue could not get back, as far as it is known whose it was.
///
/// @param rows how many rows the fresh database was given
/// @param byCollection drawers that lost something, by the label of their collection
record RescueLosses(long rows, Map<String, Loss> byCollection) {
  private static final String DRAWERS = "embeddings";

  /// Reads what is lost, before anything of it is treated.
  static RescueLosses of(RunContext context, SalvagedCopy copy, ChromaDatabase fresh)
      throws IOException {
    long rows =
        copy.report().tables().values().stream().mapToLong(SalvageReport.TableReport::rows).sum();
    var lost = new LinkedHashMap<String, Loss>();
    var values = values(copy, fresh);
    try (Palace palace = Palace.over(context.palace(), fresh)) {
      for (CollectionRow row : palace.collections()) {
        try (CollectionState state = palace.open(row)) {
          Loss loss =
              new Loss(
                  records(copy, state),
                  List.of(),
                  values.documents(row.id()),
                  values.metadata(row.id()));
          if (!loss.isEmpty()) {
            lost.put(row.label(), loss);
          }
        }
      }
    }
    return new RescueLosses(rows, lost);
  }

  /// Of drawers whose rows are lost the index still knows the ids.
  private static List<String> records(SalvagedCopy copy, CollectionState state) {
    return copy.lost().containsKey(DRAWERS) ? state.ghosts() : List.of();
  }

  private static LostValues values(SalvagedCopy copy, ChromaDatabase fresh) throws IOException {
    var lost = new LostValues();
    for (SalvageReport.LostKey key : copy.report().lostKeys()) {
      Optional<String[]> owner =
          fresh.first(
              "SELECT s.collection, e.embedding_id FROM embeddings e JOIN segments s"
                  + " ON s.id = e.segment_id WHERE e.id = ?",
              row -> new String[] {row.text(1), row.text(2)},
              key.drawer());
      owner.ifPresent(drawer -> lost.add(key.key(), drawer[0], drawer[1]));
    }
    return lost;
  }

  /// {@return all losses of a rescue}
  ///
  /// @param treated what its treatments could not keep, by the label of the collection
  Map<String, Loss> with(Map<String, Loss> treated) {
    var all = new LinkedHashMap<>(byCollection);
    treated.forEach((name, loss) -> all.merge(name, loss, Loss::and));
    return all;
  }
}
