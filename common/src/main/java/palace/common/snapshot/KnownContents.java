package palace.common.snapshot;

import java.io.IOException;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.PalaceException;
import palace.common.chroma.CollectionRow;
import palace.common.store.CollectionState;
import palace.common.store.ContentDigest;
import palace.common.store.Palace;
import palace.common.store.PalaceLayout;
import palace.common.swap.LogValue;
import palace.common.swap.Seal;

/// Reads what a palace holds, for its snapshot's description. What cannot be read is not known, and
/// that is no failure: a damaged palace is worth a snapshot, too.
final class KnownContents {
  private static final Logger LOG = LoggerFactory.getLogger(KnownContents.class);
  private static final int BATCH = 500;

  private KnownContents() {}

  /// {@return what the palace holds; nothing is written}
  static Snapshot.Known of(PalaceLayout layout) throws IOException {
    try (Palace palace = Palace.open(layout)) {
      var contents = new TreeMap<String, Seal.Contents>();
      for (CollectionRow row : palace.collections()) {
        try (CollectionState state = palace.open(row)) {
          contents.put(
              row.label(),
              new Seal.Contents(state.entries().size(), ContentDigest.of(state, BATCH)));
        }
      }
      return new Snapshot.Known(Optional.of(palace.level().releases()), contents);
    } catch (PalaceException e) {
      LOG.warn("snapshot.unread dir={} cause={}", LogValue.of(layout.directory()), LogValue.of(e));
      return Snapshot.Known.NOTHING;
    }
  }
}
