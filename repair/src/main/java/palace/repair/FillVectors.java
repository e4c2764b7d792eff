package palace.repair;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.MetadataValue;
import palace.common.chroma.QueueRow;
import palace.common.chroma.SchemaLevel;
import palace.common.doctor.CollectionName;
import palace.common.doctor.Finding;
import palace.common.store.CollectionState;
import palace.common.store.DrawerEntry;
import palace.common.store.NeedsEmbedding;
import palace.common.store.Palace;
import palace.repair.embedder.NewVectors;

/// Brings drawers that were listed for lack of a vector back, with the vectors that an endpoint
/// gave, as writes in the queue; the index that is written next takes them from there. A drawer
/// that is in the palace is not overwritten.
public record FillVectors(CollectionName in) implements CollectionTreatment {
  @Override
  public String code() {
    return "fill-vectors";
  }

  @Override
  public String act() {
    return "bring drawers back that lacked a vector, with the ones that the embedder gave";
  }

  @Override
  public boolean isFoundation() {
    return true;
  }

  @Override
  public boolean reveals() {
    return true;
  }

  /// {@return what keeps a drawer from being written, if anything does}
  static Optional<String> obstacle(NeedsEmbedding.Listed drawer, SchemaLevel level) {
    if (drawer.document().isEmpty()) {
      return Optional.of("it has no document");
    }
    if (!drawer.unsupported().isEmpty()) {
      return Optional.of(
          "no queue can hold its metadata " + String.join(", ", drawer.unsupported()));
    }
    boolean lists =
        drawer.metadata().values().stream().anyMatch(MetadataValue.Listing.class::isInstance);
    return lists && !level.hasArrays()
        ? Optional.of("this palace's Chroma has no list metadata")
        : Optional.empty();
  }

  @Override
  public long apply(Surgery surgery, List<Finding> findings) throws IOException {
    Filling filling = surgery.filling();
    Path palace = Objects.requireNonNull(surgery.database().file().getParent());
    try (Palace opened = Palace.over(palace, surgery.database())) {
      for (CollectionRow row : opened.collections()) {
        if (row.id().equals(in.id())) {
          return fill(surgery, filling, opened, row);
        }
      }
    }
    return 0;
  }

  private long fill(Surgery surgery, Filling filling, Palace opened, CollectionRow row)
      throws IOException {
    Set<String> present = new HashSet<>();
    long[] next = {opened.queue().highest()};
    try (CollectionState state = opened.open(row)) {
      state.entries().stream().map(DrawerEntry::id).forEach(present::add);
      next[0] = Math.max(next[0], state.newestSequence());
    }
    long[] filled = {0};
    try (NewVectors.Reader vectors = filling.vectors().open()) {
      WaitingList.read(filling.list(), opened.collections())
          .each((drawer, collection) -> {
            boolean ours = collection.isPresent() && collection.get().id().equals(row.id());
            if (ours && obstacle(drawer, surgery.level()).isEmpty() && present.add(drawer.id())) {
              String key =
                  NewVectors.key(
                      row.id(), drawer.id(), drawer.document().orElseThrow(), filling.model());
              filled[0] += write(surgery, vectors.get(key), drawer, row, next);
            }
          });
    }
    return filled[0];
  }

  private static long write(
      Surgery surgery,
      Optional<float[]> vector,
      NeedsEmbedding.Listed drawer,
      CollectionRow row,
      long[] position)
      throws IOException {
    if (vector.isEmpty()) {
      return 0;
    }
    position[0]++;
    QueueRow.insertUpsert(
        surgery.database(), position[0], row.id(), drawer.id(), vector.get(), drawer.metadata());
    return 1;
  }
}
