package palace.common.restore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import palace.common.Progress;
import palace.common.chroma.CollectionRow;
import palace.common.restore.RestorePlan.CollectionChange;
import palace.common.store.CollectionState;
import palace.common.store.ContentDigest;
import palace.common.store.Palace;

/// Compares the drawers of a palace with those of a snapshot, collection by collection by their
/// names. In memory are, for one collection at a time, its ids and eight bytes of each drawer's
/// digest.
final class DrawerComparison {
  private static final int BATCH = 500;

  private final Progress progress;
  private final List<CollectionChange> changes = new ArrayList<>();

  DrawerComparison(Progress progress) {
    this.progress = progress;
  }

  List<CollectionChange> changes() {
    return List.copyOf(changes);
  }

  /// Lists what the snapshot has; there is no palace.
  void only(Palace snapshot) throws IOException {
    for (CollectionRow row : snapshot.collections()) {
      add(row.label(), Map.of(), digests(snapshot, Optional.of(row)));
    }
  }

  void compare(Palace palace, Palace snapshot) throws IOException {
    var rows = new HashMap<String, CollectionRow>();
    snapshot.collections().forEach(row -> rows.put(row.label(), row));
    int total = palace.collections().size() + rows.size();
    try (var step = progress.start("comparing drawers", total, "collections")) {
      for (CollectionRow row : palace.collections()) {
        Optional<CollectionRow> then = Optional.ofNullable(rows.remove(row.label()));
        add(row.label(), digests(palace, Optional.of(row)), digests(snapshot, then));
        step.advance(then.isPresent() ? 2 : 1);
      }
      for (CollectionRow row : snapshot.collections()) {
        if (rows.containsKey(row.label())) {
          add(row.label(), Map.of(), digests(snapshot, Optional.of(row)));
          step.advance(1);
        }
      }
    }
  }

  private void add(String label, Map<String, Long> now, Map<String, Long> then) {
    var disappearing = new ArrayList<String>();
    var changing = new ArrayList<String>();
    now.forEach((id, digest) -> {
      Long was = then.get(id);
      if (was == null) {
        disappearing.add(id);
      } else if (!was.equals(digest)) {
        changing.add(id);
      }
    });
    List<String> returning =
        then.keySet().stream().filter(id -> !now.containsKey(id)).sorted().toList();
    disappearing.sort(null);
    changing.sort(null);
    changes.add(
        new CollectionChange(label, now.size(), then.size(), disappearing, returning, changing));
  }

  private static Map<String, Long> digests(Palace palace, Optional<CollectionRow> row)
      throws IOException {
    var digests = new HashMap<String, Long>();
    if (row.isPresent()) {
      try (CollectionState state = palace.open(row.get())) {
        state
            .drawers(BATCH)
            .forEachBatch(batch ->
                batch.forEach(drawer ->
                    digests.put(drawer.id(), ByteBuffer.wrap(ContentDigest.of(drawer)).getLong())));
      }
    }
    return digests;
  }
}
