package palace.common.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import palace.common.chroma.Catalogue;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.SegmentRow;
import palace.common.chroma.SequenceNumber;
import palace.common.pickle.IndexMetadata;
import palace.common.pickle.PickleReading;

/// Rows of `embeddings` that name no metadata segment of a collection, and yet are proven to be
/// drawers of one: the queue has their write, at their position, in the collection's topic, or the
/// collection's index has their id, which the collection lacks. Rows that deleted collections left
/// behind have neither.
///
/// @param rows what is proven, by the collection
public record StrayDrawers(Map<CollectionRow, List<Stray>> rows) {
  /// None at all.
  public static final StrayDrawers NONE = new StrayDrawers(Map.of());

  /// The newest rows of the queue are those that Chroma never purges.
  private static final int ROWS_TO_ASK = 100_000;

  /// One of them.
  ///
  /// @param row its rowid
  /// @param segment what it names as its segment
  /// @param id of the drawer
  /// @param replaced the row that the collection has for the drawer, which says less
  public record Stray(long row, String segment, String id, OptionalLong replaced) {}

  /// {@return how many there are}
  public long count() {
    return rows.values().stream().mapToLong(List::size).sum();
  }

  /// Looks for them. Nothing but the names of all segments is read where there are none.
  static StrayDrawers find(PalaceLayout layout, ChromaDatabase database, Catalogue catalogue)
      throws IOException {
    Set<String> known =
        catalogue.collections().stream()
            .flatMap(row -> catalogue.segmentOf(row, SegmentRow.METADATA).stream())
            .map(SegmentRow::id)
            .collect(Collectors.toSet());
    List<String> groups =
        database
            .list(
                "WITH RECURSIVE named(segment) AS (SELECT min(segment_id) FROM embeddings UNION ALL"
                    + " SELECT (SELECT min(segment_id) FROM embeddings WHERE segment_id > segment)"
                    + " FROM named WHERE segment IS NOT NULL)"
                    + " SELECT segment FROM named WHERE segment IS NOT NULL",
                row -> row.text(1))
            .stream()
            .filter(name -> !known.contains(name))
            .toList();
    return groups.isEmpty() ? NONE : new Search(layout, database, catalogue, groups).run();
  }

  /// A row, and where it stands in the order of writes.
  private record Candidate(Stray stray, long sequence) {
    Candidate replacing(long row) {
      return new Candidate(
          new Stray(stray.row(), stray.segment(), stray.id(), OptionalLong.of(row)), sequence);
    }
  }

  private static final class Search {
    private final PalaceLayout layout;
    private final ChromaDatabase database;
    private final Catalogue catalogue;
    private final List<String> groups;
    private final Map<Long, Set<CollectionRow>> claims = new TreeMap<>();
    private final Set<Long> written = new HashSet<>();

    Search(PalaceLayout layout, ChromaDatabase database, Catalogue catalogue, List<String> groups) {
      this.layout = layout;
      this.database = database;
      this.catalogue = catalogue;
      this.groups = groups;
    }

    StrayDrawers run() throws IOException {
      for (String group : groups) {
        claimByQueue(group);
      }
      for (CollectionRow collection : catalogue.collections()) {
        claimByIndex(collection);
      }
      var found = new LinkedHashMap<CollectionRow, List<Stray>>();
      for (CollectionRow collection : catalogue.collections()) {
        List<Stray> own = strays(collection);
        if (!own.isEmpty()) {
          found.put(collection, own);
        }
      }
      return new StrayDrawers(found);
    }

    private void claim(long row, CollectionRow collection) {
      claims.computeIfAbsent(row, any -> new HashSet<>()).add(collection);
    }

    private void claimByQueue(String group) throws IOException {
      Map<String, CollectionRow> byTopic = new HashMap<>();
      catalogue.collections().forEach(row -> byTopic.put(row.topic(), row));
      database.each(
          "SELECT q.topic, q.seq_id, e.seq_id, e.id FROM"
              + " (SELECT topic, seq_id, id FROM embeddings_queue ORDER BY seq_id DESC LIMIT ?) q"
              + " JOIN embeddings e ON e.segment_id = ? AND e.embedding_id = q.id",
          row -> {
            OptionalLong sequence = SequenceNumber.of(row.value(3)).position();
            CollectionRow collection = byTopic.get(row.text(1));
            if (collection != null
                && sequence.isPresent()
                && sequence.getAsLong() == row.integer(2)) {
              claim(row.integer(4), collection);
              written.add(row.integer(4));
            }
          },
          ROWS_TO_ASK,
          group);
    }

    /// Only a collection that is all there but for these rows has an index that names them.
    private void claimByIndex(CollectionRow collection) throws IOException {
      Set<String> lacking = new HashSet<>(labelsOf(collection));
      if (!lacking.isEmpty()) {
        database.each(
            "SELECT embedding_id FROM embeddings WHERE segment_id = ?",
            row -> lacking.remove(row.text(1)),
            segmentOf(collection));
      }
      for (String group : lacking.isEmpty() ? List.<String>of() : groups) {
        database.each(
            "SELECT id, embedding_id FROM embeddings WHERE segment_id = ?",
            row -> {
              if (lacking.contains(row.text(2)) && !written.contains(row.integer(1))) {
                claim(row.integer(1), collection);
              }
            },
            group);
      }
    }

    private Set<String> labelsOf(CollectionRow collection) throws IOException {
      Optional<String> segment =
          catalogue.segmentOf(collection, SegmentRow.VECTOR).map(SegmentRow::id);
      for (Path directory : layout.segmentDirectories()) {
        if (segment.filter(directory.getFileName().toString()::equals).isPresent()) {
          try (SegmentVectors vectors = SegmentVectors.open(directory, Optional.empty())) {
            return vectors.pickle() instanceof PickleReading.Readable(IndexMetadata metadata)
                ? metadata.idToLabel().keySet()
                : Set.of();
          }
        }
      }
      return Set.of();
    }

    private String segmentOf(CollectionRow collection) {
      return catalogue.segmentOf(collection, SegmentRow.METADATA).map(SegmentRow::id).orElse("");
    }

    /// Of several rows of one id the newest is the drawer. Where the collection has one of the same
    /// write, a Chroma has read the queue into it since, without what had been purged.
    private List<Stray> strays(CollectionRow collection) throws IOException {
      Map<String, Candidate> newest = new LinkedHashMap<>();
      for (String group : groups) {
        for (Candidate candidate : candidates(collection, group)) {
          newest.merge(
              candidate.stray().id(),
              candidate,
              (one, other) -> one.sequence() >= other.sequence() ? one : other);
        }
      }
      database.each(
          "SELECT embedding_id, id, seq_id FROM embeddings WHERE segment_id = ?",
          row -> {
            Candidate other = newest.remove(row.text(1));
            long sequence = SequenceNumber.of(row.value(3)).position().orElse(0);
            if (other != null && other.sequence() >= sequence && saysMore(other, row.integer(2))) {
              newest.put(row.text(1), other.replacing(row.integer(2)));
            }
          },
          segmentOf(collection));
      return newest.values().stream()
          .map(Candidate::stray)
          .sorted(Comparator.comparingLong(Stray::row))
          .toList();
    }

    private boolean saysMore(Candidate stray, long row) throws IOException {
      return values(stray.stray().row()) > values(row);
    }

    private long values(long row) throws IOException {
      return database.number("SELECT count(*) FROM embedding_metadata WHERE id = ?", row);
    }

    /// Where a group is one collection's and no other's, so are its rows that nothing names, or
    /// that another index names as well: an index may be lost, the queue purged, and an index has
    /// ids of deleted drawers for a while.
    private List<Candidate> candidates(CollectionRow collection, String group) throws IOException {
      var proven = new ArrayList<Candidate>();
      var others = new ArrayList<Candidate>();
      boolean[] isShared = {false};
      database.each(
          "SELECT id, embedding_id, seq_id FROM embeddings WHERE segment_id = ?",
          row -> {
            var candidate =
                new Candidate(
                    new Stray(row.integer(1), group, row.text(2), OptionalLong.empty()),
                    SequenceNumber.of(row.value(3)).position().orElse(0));
            Set<CollectionRow> claimed = claims.getOrDefault(row.integer(1), Set.of());
            isShared[0] |= !claimed.isEmpty() && !claimed.contains(collection);
            (claimed.equals(Set.of(collection)) ? proven : others).add(candidate);
          },
          group);
      boolean isWhole = !isShared[0] && (proven.size() > others.size() || isEmpty(collection));
      if (isWhole && !proven.isEmpty()) {
        proven.addAll(others);
      }
      return proven;
    }

    private boolean isEmpty(CollectionRow collection) throws IOException {
      return database.number(
              "SELECT EXISTS (SELECT 1 FROM embeddings WHERE segment_id = ?)",
              segmentOf(collection))
          == 0;
    }
  }
}
