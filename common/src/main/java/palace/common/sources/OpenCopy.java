package palace.common.sources;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.SequenceNumber;
import palace.common.store.CollectionState;
import palace.common.store.Palace;
import palace.common.store.QueueEntry;

/// A copy of a palace opened for reading, with the collections of it that were asked for. Whoever
/// opens it closes it.
public final class OpenCopy implements AutoCloseable {
  private final Source.Copy copy;
  private final Palace palace;
  private final List<CollectionState> open = new ArrayList<>();

  private OpenCopy(Source.Copy copy, Palace palace) {
    this.copy = copy;
    this.palace = palace;
  }

  /// Opens a copy; nothing in or beside it is written.
  public static OpenCopy open(Source.Copy copy) throws IOException {
    return new OpenCopy(copy, Palace.open(copy.layout()));
  }

  /// {@return what it is}
  public Source.Copy copy() {
    return copy;
  }

  /// {@return the palace in it}
  public Palace palace() {
    return palace;
  }

  /// {@return its rows for a collection of another palace: of the same name in the same database,
  /// and of what an interrupted repair staged for it; all of what a migration was building, because
  /// that puts the drawers of every collection into one}
  public List<CollectionRow> rowsFor(CollectionRow collection) {
    if (copy.kind() == Source.Kind.MIGRATION_BUILD) {
      return palace.collections();
    }
    var rows = new ArrayList<CollectionRow>();
    for (String name : List.of(collection.name(), collection.name() + Source.Staging.MARK)) {
      find(palace, collection, name).ifPresent(rows::add);
    }
    return rows;
  }

  /// {@return the collection of a palace with a name, in the tenant and database of another one}
  public static Optional<CollectionRow> find(Palace palace, CollectionRow like, String name) {
    return palace.collections().stream()
        .filter(row ->
            row.name().equals(name)
                && row.tenant().equals(like.tenant())
                && row.database().equals(like.database()))
        .findFirst();
  }

  /// {@return whether a palace that lacks a collection has what a repair staged of it, which gets
  /// its name}
  public static boolean isStaged(Palace palace, CollectionRow like) {
    return find(palace, like, like.name() + Source.Staging.MARK).isPresent();
  }

  /// {@return its state of a collection, which is closed with this}
  public CollectionState state(CollectionRow row) throws IOException {
    CollectionState state = palace.open(row);
    open.add(state);
    return state;
  }

  /// {@return every id that a collection has, or of which its queue knows a write}
  public static Set<String> known(Palace palace, CollectionRow row) throws IOException {
    Set<String> ids = rowsOf(palace, row);
    palace.queue().of(row.topic()).stream().map(QueueEntry::id).forEach(ids::add);
    return ids;
  }

  /// {@return the ids of the drawers that a collection has, the queue applied}
  public static Set<String> present(Palace palace, CollectionRow row) throws IOException {
    Set<String> ids = rowsOf(palace, row);
    for (QueueEntry entry : palace.queue().of(row.topic())) {
      if (entry.operation() == QueueEntry.DELETE) {
        ids.remove(entry.id());
      } else if (entry.operation() == QueueEntry.ADD || entry.operation() == QueueEntry.UPSERT) {
        ids.add(entry.id());
      }
    }
    return ids;
  }

  /// {@return the ids of the drawers that the collections of a palace have, the queue applied}
  public static Set<String> present(Palace palace) throws IOException {
    var ids = new HashSet<String>();
    for (CollectionRow row : palace.collections()) {
      ids.addAll(present(palace, row));
    }
    return ids;
  }

  private static Set<String> rowsOf(Palace palace, CollectionRow row) throws IOException {
    var ids = new HashSet<String>();
    palace
        .database()
        .each(
            "SELECT embedding_id FROM embeddings NOT INDEXED WHERE segment_id IN"
                + " (SELECT id FROM segments WHERE collection=?)",
            found -> ids.add(found.text(1)),
            row.id());
    return ids;
  }

  /// {@return how many writes a palace has seen, as far as its sequence numbers tell}
  public static long writes(Palace palace) throws IOException {
    long highest = plausible(palace.queue().highest());
    for (String type : List.of("integer", "blob")) {
      Optional<SequenceNumber> last =
          palace
              .database()
              .first(
                  "SELECT max(seq_id) FROM embeddings WHERE typeof(seq_id)=?"
                      + " HAVING max(seq_id) IS NOT NULL",
                  row -> SequenceNumber.of(row.value(1)),
                  type);
      if (last.isPresent()) {
        highest = Math.max(highest, plausible(last.get().position().orElse(0)));
      }
    }
    return highest;
  }

  private static long plausible(long sequence) {
    return sequence < SequenceNumber.PLAUSIBLE ? sequence : 0;
  }

  @Override
  public void close() throws IOException {
    open.forEach(CollectionState::close);
    palace.close();
  }
}
