package palace.common.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import palace.common.chroma.Catalogue;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.MetadataValue;
import palace.common.chroma.SegmentRow;
import palace.common.chroma.SequenceNumber;
import palace.common.hnsw.IndexLayout;
import palace.common.pickle.IndexMetadata;
import palace.common.pickle.IndexPickle;
import palace.common.pickle.PickleReading;

/// Finds what belongs to a collection whose rows in `segments` are gone, name another collection or
/// scope, or name a directory that does not exist.
///
/// A group of records names its metadata segment, and each record the position in the queue of its
/// last write; the row of the queue at that position names the collection, and no two writes of a
/// palace have one position. A directory's header tells the dimension and its pickle the ids: it
/// belongs to the collection whose records have most of them, and records to the collection whose
/// directory has most of theirs. Where a single collection and a single group lack each other, they
/// belong together. What several could claim alike is nobody's; what holds nothing is not asked
/// for.
final class SegmentAdoption {
  /// The newest rows of the queue are those that Chroma never purges.
  private static final int ROWS_TO_ASK = 100_000;

  private final PalaceLayout layout;
  private final ChromaDatabase database;
  private final Catalogue catalogue;
  private final List<SegmentRow> placed;
  private final Set<String> known;
  private final List<SegmentRow> found = new ArrayList<>();
  private final List<String> untold = new ArrayList<>();

  private SegmentAdoption(PalaceLayout layout, ChromaDatabase database, Catalogue catalogue) {
    this.layout = layout;
    this.database = database;
    this.catalogue = catalogue;
    placed = catalogue.placed();
    known = placed.stream().map(SegmentRow::id).collect(Collectors.toSet());
  }

  static Adoption find(PalaceLayout layout, ChromaDatabase database, Catalogue catalogue)
      throws IOException {
    var adoption = new SegmentAdoption(layout, database, catalogue);
    if (adoption.lacking(SegmentRow.METADATA).isEmpty()
        && adoption.wanting().stream().noneMatch(adoption::mayHaveADirectory)) {
      return Adoption.NONE;
    }
    adoption.adoptRecords();
    adoption.adoptDirectories();
    return new Adoption(List.copyOf(adoption.found), List.copyOf(adoption.untold));
  }

  private List<CollectionRow> lacking(String scope) {
    return catalogue.collections().stream().filter(row -> segmentOf(row, scope).isEmpty()).toList();
  }

  private Optional<String> segmentOf(CollectionRow collection, String scope) {
    return Stream.concat(placed.stream(), found.stream())
        .filter(row -> row.collectionId().equals(collection.id()) && row.isOf(scope))
        .findFirst()
        .map(SegmentRow::id);
  }

  /// {@return collections without a vector segment, and those whose own has no index}
  private List<CollectionRow> wanting() {
    Set<String> directories =
        layout.segmentDirectories().stream()
            .filter(directory -> Files.exists(directory.resolve(IndexPickle.FILE_NAME)))
            .map(directory -> directory.getFileName().toString().toLowerCase(Locale.ROOT))
            .collect(Collectors.toSet());
    return catalogue.collections().stream()
        .filter(row ->
            segmentOf(row, SegmentRow.VECTOR)
                .filter(id -> directories.contains(id.toLowerCase(Locale.ROOT)))
                .isEmpty())
        .toList();
  }

  /// A row that names no index is the normal state of a young collection.
  private boolean mayHaveADirectory(CollectionRow collection) {
    return segmentOf(collection, SegmentRow.VECTOR).isEmpty()
        || layout.segmentDirectories().stream()
            .anyMatch(directory -> !known.contains(directory.getFileName().toString()));
  }

  private void adopt(String id, CollectionRow collection, String scope) {
    String type =
        scope.equals(SegmentRow.METADATA) ? SegmentRow.METADATA_TYPE : SegmentRow.VECTOR_TYPE;
    Map<String, MetadataValue> stated =
        catalogue.segmentOf(collection, scope).map(SegmentRow::metadata).orElse(Map.of());
    found.add(new SegmentRow(id, type, scope, collection.id(), stated));
  }

  private void adoptRecords() throws IOException {
    if (lacking(SegmentRow.METADATA).isEmpty()) {
      return;
    }
    List<String> groups =
        database
            .list("SELECT DISTINCT segment_id FROM embeddings NOT INDEXED", row -> row.text(1))
            .stream()
            .filter(id -> !known.contains(id))
            .collect(Collectors.toCollection(ArrayList::new));
    var claims = new HashMap<CollectionRow, List<String>>();
    for (String group : groups) {
      Optional<CollectionRow> owner = ownerOf(group);
      owner.ifPresent(row -> claims.computeIfAbsent(row, any -> new ArrayList<>()).add(group));
    }
    claims.forEach((collection, claimed) -> {
      if (claimed.size() == 1) {
        adopt(claimed.getFirst(), collection, SegmentRow.METADATA);
        groups.removeAll(claimed);
      }
    });
    settle(claimsOfRecords(groups), SegmentRow.METADATA);
    found.forEach(row -> groups.remove(row.id()));
    List<CollectionRow> lacking = lacking(SegmentRow.METADATA);
    if (lacking.size() == 1 && groups.size() == 1) {
      adopt(groups.removeFirst(), lacking.getFirst(), SegmentRow.METADATA);
    }
    untold.addAll(groups);
  }

  /// {@return the collection into which the queue says that records of a group were written, when
  /// it says one}
  private Optional<CollectionRow> ownerOf(String group) throws IOException {
    var topics = new HashSet<String>();
    database.each(
        "SELECT q.topic, q.seq_id, e.seq_id FROM"
            + " (SELECT topic, seq_id, id FROM embeddings_queue ORDER BY seq_id DESC LIMIT ?) q"
            + " JOIN embeddings e ON e.segment_id = ? AND e.embedding_id = q.id",
        row -> {
          OptionalLong written = SequenceNumber.of(row.value(3)).position();
          if (written.isPresent() && written.getAsLong() == row.integer(2)) {
            topics.add(row.text(1));
          }
        },
        ROWS_TO_ASK,
        group);
    List<CollectionRow> owners =
        lacking(SegmentRow.METADATA).stream().filter(row -> topics.contains(row.topic())).toList();
    return topics.size() == 1 && owners.size() == 1
        ? Optional.of(owners.getFirst())
        : Optional.empty();
  }

  /// Groups of records that have most ids of a collection's own directory.
  private List<Claim> claimsOfRecords(List<String> groups) throws IOException {
    var claims = new ArrayList<Claim>();
    for (CollectionRow collection : lacking(SegmentRow.METADATA)) {
      Set<String> labels = labelsOf(collection);
      for (String group : labels.isEmpty() ? List.<String>of() : groups) {
        Set<String> ids = idsOf(group);
        long shared = ids.stream().filter(labels::contains).count();
        if (shared > 0 && shared * 2 > Math.min(labels.size(), ids.size())) {
          claims.add(new Claim(group, collection, false, shared));
        }
      }
    }
    return claims;
  }

  private Set<String> labelsOf(CollectionRow collection) throws IOException {
    Optional<String> segment = segmentOf(collection, SegmentRow.VECTOR);
    for (Path directory : layout.segmentDirectories()) {
      if (segment.isPresent() && directory.getFileName().toString().equals(segment.get())) {
        return Unclaimed.of(directory).labels();
      }
    }
    return Set.of();
  }

  private Set<String> idsOf(String records) throws IOException {
    return Set.copyOf(
        database.list(
            "SELECT DISTINCT embedding_id FROM embeddings WHERE segment_id=?",
            row -> row.text(1),
            records));
  }

  /// A segment that may be a collection's, and how much speaks for it.
  private record Claim(String segment, CollectionRow collection, boolean positioned, long ids) {
    static final Comparator<Claim> STRONGEST =
        Comparator.comparing(Claim::positioned).thenComparing(Claim::ids).reversed();

    boolean isAsStrongAs(Claim other) {
      return positioned == other.positioned && ids == other.ids;
    }

    boolean rivals(Claim other) {
      return segment.equals(other.segment) || collection.equals(other.collection);
    }
  }

  /// A directory that no row of `segments` knows.
  ///
  /// @param dimension of its vectors, empty when its header does not tell
  /// @param labels the ids it maps, empty when its pickle does not tell
  /// @param young whether nothing was ever written into it, by its header and for want of a pickle
  private record Unclaimed(String name, OptionalInt dimension, Set<String> labels, boolean young) {
    static Unclaimed of(Path directory) throws IOException {
      try (SegmentVectors vectors = SegmentVectors.open(directory, Optional.empty())) {
        Optional<IndexLayout> layout = vectors.index().layout();
        return new Unclaimed(
            directory.getFileName().toString(),
            layout.isPresent() ? OptionalInt.of(layout.get().dimension()) : OptionalInt.empty(),
            vectors.pickle() instanceof PickleReading.Readable(IndexMetadata metadata)
                ? metadata.idToLabel().keySet()
                : Set.of(),
            vectors.pickle() instanceof PickleReading.Absent
                && layout.isPresent()
                && vectors.index().elementCount() == 0
                && vectors.index().countByLinks().orElse(0) == 0);
      }
    }

    boolean fits(CollectionRow collection) {
      return dimension.isEmpty() || collection.dimension().isEmpty() || isAlike(collection);
    }

    boolean isAlike(CollectionRow collection) {
      return dimension.isPresent()
          && collection.dimension().filter(own -> own == dimension.getAsInt()).isPresent();
    }
  }

  private void adoptDirectories() throws IOException {
    List<CollectionRow> wanting = wanting();
    var unclaimed = new ArrayList<Unclaimed>();
    for (Path directory : layout.segmentDirectories()) {
      if (!known.contains(directory.getFileName().toString())) {
        unclaimed.add(Unclaimed.of(directory));
      }
    }
    if (!wanting.isEmpty() && !unclaimed.isEmpty()) {
      settle(claims(wanting, unclaimed), SegmentRow.VECTOR);
    }
    Set<String> adopted = found.stream().map(SegmentRow::id).collect(Collectors.toSet());
    List<Unclaimed> left = unclaimed.stream().filter(one -> !adopted.contains(one.name())).toList();
    left.stream().filter(one -> one.labels().isEmpty()).forEach(one -> adoptTheOnlyOne(one, left));
  }

  /// Without labels there is still the dimension, where one directory and one collection of it are
  /// left.
  private void adoptTheOnlyOne(Unclaimed directory, List<Unclaimed> left) {
    List<CollectionRow> lacking = lacking(SegmentRow.VECTOR);
    List<CollectionRow> alike = lacking.stream().filter(directory::isAlike).toList();
    if (alike.size() == 1 && left.stream().filter(one -> one.fits(alike.getFirst())).count() == 1) {
      adopt(directory.name(), alike.getFirst(), SegmentRow.VECTOR);
    } else if (!directory.young() && lacking.stream().anyMatch(directory::fits)) {
      untold.add(directory.name());
    }
  }

  /// Where the own segment of a collection once had an index, another one is older.
  private List<Claim> claims(List<CollectionRow> wanting, List<Unclaimed> unclaimed)
      throws IOException {
    Set<String> positioned =
        Set.copyOf(database.list("SELECT DISTINCT segment_id FROM max_seq_id", row -> row.text(1)));
    var claims = new ArrayList<Claim>();
    for (CollectionRow collection : wanting) {
      Optional<String> records = segmentOf(collection, SegmentRow.METADATA);
      boolean hadIndex =
          segmentOf(collection, SegmentRow.VECTOR).filter(positioned::contains).isPresent();
      if (records.isEmpty() || hadIndex) {
        continue;
      }
      Set<String> ids = idsOf(records.get());
      for (Unclaimed directory : unclaimed) {
        long shared = directory.labels().stream().filter(ids::contains).count();
        // An index that was deleted from since may hold a few ids more than the records do, and
        // records of which most are lost are few.
        int fewer = Math.min(directory.labels().size(), ids.size());
        String name = directory.name();
        if (directory.fits(collection) && shared > 0 && shared * 2 > fewer) {
          claims.add(new Claim(name, collection, positioned.contains(name), shared));
        }
      }
    }
    return claims;
  }

  private void settle(List<Claim> claims, String scope) {
    List<Claim> open = new ArrayList<>(claims.stream().sorted(Claim.STRONGEST).toList());
    while (!open.isEmpty()) {
      Claim first = open.removeFirst();
      List<Claim> rivals = open.stream().filter(first::rivals).toList();
      List<Claim> equals = rivals.stream().filter(first::isAsStrongAs).toList();
      if (equals.isEmpty()) {
        adopt(first.segment(), first.collection(), scope);
        open.removeAll(rivals);
      } else {
        Set<String> nobodys = new HashSet<>(Set.of(first.segment()));
        equals.stream().map(Claim::segment).forEach(nobodys::add);
        open.removeAll(equals);
        open.removeIf(claim -> nobodys.contains(claim.segment()));
        untold.addAll(scope.equals(SegmentRow.VECTOR) ? nobodys : Set.of());
      }
    }
  }
}
