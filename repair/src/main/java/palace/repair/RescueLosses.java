package palace.repair;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import palace.common.chroma.ChromaDatabase;
import palace.common.doctor.SalvagedCopy;
import palace.common.salvage.SalvageReport;

/// What a rescue could not get back, as far as it is known whose it was.
///
/// @param rows how many rows the fresh database was given
/// @param byCollection drawers that lost something, by the name of their collection
/// @param isVague whether rows are lost of which nobody can say whose they were
record RescueLosses(long rows, Map<String, Loss> byCollection, boolean isVague) {
  private static final Set<String> OF_DRAWERS =
      Set.of("embeddings", "embedding_metadata", "embedding_metadata_array", "collections");

  static RescueLosses of(RunContext context, SalvagedCopy copy, ChromaDatabase fresh)
      throws IOException {
    long rows =
        copy.report().tables().values().stream().mapToLong(SalvageReport.TableReport::rows).sum();
    return new RescueLosses(rows, Map.of(), false);
  }

  /// {@return all losses of a rescue}
  ///
  /// @param vectors drawers whose vector is nowhere, by the name of the collection
  Map<String, Loss> with(Map<String, List<String>> vectors) {
    var all = new LinkedHashMap<>(byCollection);
    vectors.forEach((name, ids) -> {
      Loss other = all.getOrDefault(name, Loss.NONE);
      all.put(name, new Loss(other.records(), ids, other.documents(), other.metadata()));
    });
    return all;
  }
}
