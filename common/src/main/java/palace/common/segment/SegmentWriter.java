package palace.common.segment;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import palace.common.Progress;
import palace.common.chroma.IndexConfiguration;
import palace.common.files.Durable;
import palace.common.files.TreeCopy;
import palace.common.hnsw.IndexBuild;
import palace.common.hnsw.IndexFile;
import palace.common.hnsw.IndexParameters;
import palace.common.pickle.IndexMetadata;
import palace.common.pickle.IndexPickle;
import palace.common.pickle.PickleReading;
import palace.common.store.CollectionState;
import palace.common.store.DrawerEntry;
import palace.common.store.StoredVector;
import palace.common.store.VectorSource;

/// Writes a collection's vectors as a fresh segment directory: the four files of the index and the
/// pickle that maps ids to labels, in the shape that every release from 0.5.0 to 1.5.9 reads. The
/// queue's tail is in it, so that nothing waits to be flushed.
public final class SegmentWriter {
  private static final int BATCH = 1000;
  private static final long LARGEST_PICKLED_SEQUENCE = 0xFFFF_FFFFL;

  private final Path directory;
  private final CollectionState collection;
  private final long newest;
  private final Progress progress;
  private final Map<String, Long> labels = new HashMap<>();
  private final Map<Long, String> ids = new HashMap<>();
  private long lastLabel;

  private SegmentWriter(
      Path directory, CollectionState collection, long newest, Progress progress) {
    this.directory = directory;
    this.collection = collection;
    this.newest = newest;
    this.progress = progress;
  }

  /// Writes a directory that does not exist yet and forces its files; the directory itself, its
  /// name and a directory left behind by a failure are the caller's.
  ///
  /// @param plan what [SegmentPlan#of] decided for this collection
  /// @param newest the position in the queue up to which everything is in this index
  public static WrittenSegment write(
      Path newDirectory,
      CollectionState collection,
      SegmentPlan plan,
      long newest,
      Progress progress)
      throws IOException {
    var writer = new SegmentWriter(newDirectory, collection, newest, progress);
    return switch (plan) {
      case SegmentPlan.Nothing nothing -> new WrittenSegment(0, 0, 0);
      case SegmentPlan.Rebuild rebuild -> writer.rebuild();
      case SegmentPlan.Carry(List<DrawerEntry> added, List<Integer> removed) ->
          writer.carry(added, removed);
    };
  }

  private WrittenSegment rebuild() throws IOException {
    List<DrawerEntry> entries =
        collection.entries().stream()
            .filter(entry -> !(entry.vector() instanceof VectorSource.Missing))
            .toList();
    IndexConfiguration index = collection.index();
    var parameters = new IndexParameters(index.m(), index.efConstruction());
    try (IndexBuild build =
        IndexBuild.create(
            directory, collection.space(), parameters, collection.dimension(), entries.size())) {
      add(build, entries);
      build.finish();
    }
    return finish(0, entries.size());
  }

  private WrittenSegment carry(List<DrawerEntry> added, List<Integer> removed) throws IOException {
    copyFiles();
    keepLabels();
    try (IndexBuild build = IndexBuild.extend(directory, collection.space(), added.size())) {
      removed.forEach(build::markDeleted);
      add(build, added);
      build.finish();
    }
    return finish(labels.size() - added.size(), added.size());
  }

  private void copyFiles() throws IOException {
    Durable.createDirectory(directory, Durable.OPEN_TO_READ);
    Path source = collection.segment().orElseThrow().index().directory();
    for (IndexFile file :
        List.of(IndexFile.HEADER, IndexFile.LEVEL0, IndexFile.LENGTH, IndexFile.LINK_LISTS)) {
      TreeCopy.copy(source.resolve(file.fileName()), directory.resolve(file.fileName()));
    }
  }

  /// Labels are never reused, so the next one lies beyond every label that was ever given out.
  private void keepLabels() {
    var segment = collection.segment().orElseThrow();
    for (DrawerEntry entry : collection.entries()) {
      if (entry.vector() instanceof VectorSource.InIndex(int slot)) {
        remember(entry.id(), segment.index().label(slot));
      }
    }
    if (segment.pickle() instanceof PickleReading.Readable(IndexMetadata metadata)) {
      lastLabel = Math.max(lastLabel, metadata.totalElementsAdded());
    }
  }

  private void remember(String id, long label) {
    labels.put(id, label);
    ids.put(label, id);
    lastLabel = Math.max(lastLabel, label);
  }

  private void add(IndexBuild build, List<DrawerEntry> entries) throws IOException {
    try (Progress.Step step =
        progress.start("linking " + collection.name(), entries.size(), "vectors")) {
      for (int from = 0; from < entries.size(); from += BATCH) {
        List<DrawerEntry> batch = entries.subList(from, Math.min(entries.size(), from + BATCH));
        List<Optional<StoredVector>> vectors = collection.vectors(batch);
        for (int i = 0; i < batch.size(); i++) {
          StoredVector vector = vectors.get(i).orElseThrow();
          remember(batch.get(i).id(), lastLabel + 1);
          build.add(lastLabel, vector.components(), vector.length());
        }
        step.advance(batch.size());
      }
    }
  }

  private WrittenSegment finish(int carried, int linked) throws IOException {
    Path pickle = directory.resolve(IndexPickle.FILE_NAME);
    var metadata =
        new IndexMetadata(
            OptionalInt.of(collection.dimension()),
            lastLabel,
            OptionalLong.of(newest),
            labels,
            ids,
            sequences(),
            IndexMetadata.Shape.CLASS);
    IndexPickle.write(pickle, metadata);
    Durable.forceFile(pickle);
    Durable.forceDirectory(directory);
    return new WrittenSegment(labels.size(), carried, linked);
  }

  /// Rust releases read these as 32-bit numbers and do not use them; Python releases want one for
  /// every id.
  private Map<String, Long> sequences() {
    var sequences = new HashMap<String, Long>();
    for (DrawerEntry entry : collection.entries()) {
      if (labels.containsKey(entry.id())) {
        sequences.put(entry.id(), Math.clamp(entry.sequence(), 1, LARGEST_PICKLED_SEQUENCE));
      }
    }
    return sequences;
  }
}
