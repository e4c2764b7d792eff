package palace.repair;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import palace.common.PalaceException;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.CollectionRow;
import palace.common.doctor.CollectionFinding;
import palace.common.doctor.Finding;
import palace.common.store.CollectionState;
import palace.common.store.Palace;

/// Reads a repaired palace back and compares it with what it was.
final class Proof {
  private Proof() {}

  /// {@return what makes a finding the same one before and after a repair: its kind and its
  /// collection}
  static List<String> key(Finding finding) {
    String collection = finding instanceof CollectionFinding of ? of.in().id() : "";
    return List.of(finding.code(), collection.toLowerCase(Locale.ROOT));
  }

  /// @param digests content digest by the collection's id in lower case
  static void requireSameContent(
      Path palace, ChromaDatabase database, Map<String, String> digests, int batchSize)
      throws IOException {
    try (Palace opened = Palace.over(palace, database)) {
      for (CollectionRow row : opened.collections()) {
        try (CollectionState state = opened.open(row)) {
          requireSame(state, digests.get(row.id().toLowerCase(Locale.ROOT)), batchSize);
        }
      }
    }
  }

  private static void requireSame(CollectionState state, @Nullable String expected, int batchSize)
      throws IOException {
    if (!Digests.of(state, false, batchSize).equals(expected)) {
      throw new PalaceException.Failed(
          "collection %s does not hold the same drawers after the repair as before"
              .formatted(state.name()),
          "the palace is as it was; please report this");
    }
  }
}
