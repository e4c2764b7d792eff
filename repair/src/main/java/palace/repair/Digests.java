package palace.repair;

import java.io.IOException;
import palace.common.store.CollectionState;
import palace.common.store.ContentDigest;

/// Content digests of collections before and after a repair.
final class Digests {
  private Digests() {}

  /// {@return the digest of a collection}
  ///
  /// @param withVectorOnly whether drawers without a vector are left out, because they are declared
  ///   lost
  static String of(CollectionState state, boolean withVectorOnly, int batchSize)
      throws IOException {
    var digest = new ContentDigest();
    state
        .drawers(batchSize)
        .forEachBatch(batch ->
            batch.stream()
                .filter(drawer -> !withVectorOnly || drawer.vector().isPresent())
                .forEach(digest::add));
    return digest.hex();
  }
}
