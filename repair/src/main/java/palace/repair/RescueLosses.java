package palace.repair;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
    try (Palace palace = Palace.over(context.palace(), fresh)) {
      for (CollectionRow row : palace.collections()) {
        try (CollectionState state = palace.open(row)) {
          Loss loss = new Loss(records(copy, state), List.of(), List.of(), List.of());
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

  /// {@return all losses of a rescue}
  ///
  /// @param vectors drawers whose vector is nowhere, by the label of the collection
  Map<String, Loss> with(Map<String, List<String>> vectors) {
    var all = new LinkedHashMap<>(byCollection);
    vectors.forEach((name, ids) -> {
      Loss other = all.getOrDefault(name, Loss.NONE);
      all.put(name, new Loss(other.records(), ids, other.documents(), other.metadata()));
    });
    return all;
  }
}
