package palace.repair;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import palace.common.chroma.CollectionRow;
import palace.common.store.NeedsEmbedding;

/// The drawers that are listed because they lack a vector, as far as their collections exist. Where
/// a drawer is listed twice, the later line counts.
final class WaitingList {
  private final Path file;
  private final List<CollectionRow> collections;
  private final Map<String, Long> lastLine = new HashMap<>();

  private WaitingList(Path file, List<CollectionRow> collections) {
    this.file = file;
    this.collections = List.copyOf(collections);
  }

  /// Reads which drawers are in a list, which need not exist.
  static WaitingList read(Path file, List<CollectionRow> collections) throws IOException {
    var list = new WaitingList(file, collections);
    long[] number = {0};
    NeedsEmbedding.each(
        file,
        line -> {
          long here = number[0]++;
          line.drawer().ifPresent(drawer -> list.lastLine.put(list.keyOf(drawer), here));
        });
    return list;
  }

  /// {@return the collection that a line means}
  static Optional<CollectionRow> collectionOf(
      NeedsEmbedding.Listed drawer, List<CollectionRow> collections) {
    Optional<CollectionRow> labelled =
        collections.stream().filter(row -> row.label().equals(drawer.collection())).findFirst();
    if (labelled.isPresent()) {
      return labelled;
    }
    List<CollectionRow> named =
        collections.stream().filter(row -> row.name().equals(drawer.collection())).toList();
    return named.size() == 1 ? Optional.of(named.getFirst()) : Optional.empty();
  }

  private String keyOf(NeedsEmbedding.Listed drawer) {
    String collection =
        collectionOf(drawer, collections)
            .map(CollectionRow::id)
            .orElseGet(() -> "?" + drawer.collection());
    return collection + "\0" + drawer.id();
  }

  /// Takes one drawer.
  @FunctionalInterface
  interface DrawerConsumer {
    /// Uses a drawer and the collection it belongs to, absent when there is none of that name.
    void accept(NeedsEmbedding.Listed drawer, Optional<CollectionRow> collection)
        throws IOException;
  }

  /// Hands over every drawer once.
  void each(DrawerConsumer consumer) throws IOException {
    long[] number = {0};
    NeedsEmbedding.each(
        file,
        line -> {
          long here = number[0]++;
          if (line.drawer().isPresent()) {
            NeedsEmbedding.Listed drawer = line.drawer().get();
            Long last = lastLine.get(keyOf(drawer));
            if (last != null && last == here) {
              consumer.accept(drawer, collectionOf(drawer, collections));
            }
          }
        });
  }

  /// {@return how many drawers are listed}
  int size() {
    return lastLine.size();
  }
}
