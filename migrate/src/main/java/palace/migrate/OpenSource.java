package palace.migrate;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import palace.common.chroma.CollectionRow;
import palace.common.store.CollectionState;
import palace.common.store.Palace;

/// A palace opened for reading with the state of every collection. Whoever opens it closes it.
final class OpenSource implements AutoCloseable {
  private final Palace palace;
  private final List<CollectionState> collections;

  private OpenSource(Palace palace, List<CollectionState> collections) {
    this.palace = palace;
    this.collections = collections;
  }

  static OpenSource open(Path directory) throws IOException {
    var palace = Palace.open(directory);
    var collections = new ArrayList<CollectionState>();
    var opened = new OpenSource(palace, collections);
    try {
      for (CollectionRow row : palace.collections()) {
        collections.add(palace.open(row));
      }
      return opened;
    } catch (IOException | RuntimeException e) {
      try (opened) {
        throw e;
      }
    }
  }

  Palace palace() {
    return palace;
  }

  List<CollectionState> collections() {
    return List.copyOf(collections);
  }

  @Override
  public void close() throws IOException {
    collections.forEach(CollectionState::close);
    palace.close();
  }
}
