package palace.migrate;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import palace.common.chroma.IndexConfiguration;
import palace.common.chroma.MetadataValue;
import palace.common.chroma.SchemaLevel;
import palace.common.chroma.SequenceNumber;
import palace.common.segment.SegmentPlan;
import palace.common.store.CollectionState;
import palace.common.store.DrawerEntry;
import palace.common.store.VectorSource;

/// One collection on its way from a source to a build: what it is there and what it will be called
/// here.
///
/// @param source the collection as it was read
/// @param id its id; that of the source unless that is no UUID
/// @param vectorSegment fresh id, so that a client with the old index in memory never writes into
///   the new one
/// @param metadataSegment fresh id
/// @param newest the position in the queue that both segments will have consumed, unlike that of
///   any other collection; at least 1
/// @param carried the drawers that have a vector and therefore a place in the build
/// @param segment what is done about the index
record CollectionTarget(
    CollectionState source,
    String id,
    String vectorSegment,
    String metadataSegment,
    long newest,
    List<DrawerEntry> carried,
    SegmentPlan segment) {
  private static final int LEAST_BATCH = 3;

  /// {@return one target per collection of a source; every index is examined}
  static List<CollectionTarget> of(OpenSource source) {
    var targets = new ArrayList<CollectionTarget>();
    Set<Long> taken = new HashSet<>();
    for (CollectionState collection : source.collections()) {
      long newest = newestOf(collection);
      while (!taken.add(newest)) {
        newest++;
      }
      targets.add(
          new CollectionTarget(
              collection,
              uuid(collection.row().id()),
              UUID.randomUUID().toString(),
              UUID.randomUUID().toString(),
              newest,
              collection.entries().stream().filter(CollectionTarget::hasVector).toList(),
              SegmentPlan.of(collection)));
    }
    return targets;
  }

  /// Chroma 1.x compares ids as lower-case text and cannot list collections at all when one of them
  /// is no UUID (seen in 1.5.9).
  private static String uuid(String stored) {
    String lower = stored.toLowerCase(Locale.ROOT);
    boolean valid = lower.matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    return valid ? lower : UUID.randomUUID().toString();
  }

  private static long newestOf(CollectionState collection) {
    long newest =
        Math.max(collection.metadataConsumed().believed(), collection.vectorConsumed().believed());
    newest = Math.max(1, newest);
    if (!collection.queueEntries().isEmpty()) {
      newest = higher(newest, collection.queueEntries().getLast().sequence());
    }
    for (DrawerEntry entry : collection.entries()) {
      newest = higher(newest, entry.sequence());
    }
    return newest;
  }

  private static long higher(long newest, long sequence) {
    return sequence < SequenceNumber.PLAUSIBLE ? Math.max(newest, sequence) : newest;
  }

  private static boolean hasVector(DrawerEntry entry) {
    return !(entry.vector() instanceof VectorSource.Missing);
  }

  /// {@return the drawers whose vector exists nowhere}
  List<DrawerEntry> without() {
    return source.entries().stream().filter(entry -> !hasVector(entry)).toList();
  }

  /// {@return the drawer that was written last; it stands in the queue and carries its position}
  DrawerEntry last() {
    DrawerEntry last = carried.getFirst();
    for (DrawerEntry entry : carried) {
      last = position(entry) >= position(last) ? entry : last;
    }
    return last;
  }

  /// {@return a drawer's position in the queue, within what the collection has consumed}
  long position(DrawerEntry entry) {
    return Math.clamp(entry.sequence(), 1, newest);
  }

  /// {@return the index configuration to state, with what no release may refuse}
  IndexConfiguration index() {
    IndexConfiguration index = source.index();
    int sync = Math.max(LEAST_BATCH, index.syncThreshold());
    return new IndexConfiguration(
        index.space(),
        index.m(),
        index.efConstruction(),
        index.efSearch(),
        index.numThreads(),
        Math.clamp(index.batchSize(), LEAST_BATCH, sync),
        sync,
        index.resizeFactor());
  }

  /// {@return `segment_metadata` of the vector segment: the only place where releases before 1.0
  /// look, and for 1.0 and later nothing at all}
  Map<String, MetadataValue> segmentMetadata(SchemaLevel level) {
    var metadata = new LinkedHashMap<String, MetadataValue>();
    if (!level.hasIntegerSequences()) {
      IndexConfiguration index = index();
      metadata.putAll(stated(index));
      metadata.remove("hnsw:num_threads");
      if (source.row().metadata().containsKey("hnsw:num_threads") && index.numThreads() > 0) {
        metadata.put("hnsw:num_threads", new MetadataValue.Whole(index.numThreads()));
      }
    }
    return metadata;
  }

  /// {@return the user's collection metadata, its `hnsw:` keys agreeing with what the index is}
  ///
  /// The space is always stated. So are the thresholds where there is no `schema_str`: MemPalace
  /// takes a palace without them for diverged as soon as anything waits in the queue.
  Map<String, MetadataValue> metadata(SchemaLevel level) {
    var metadata = new LinkedHashMap<>(source.row().metadata());
    Map<String, MetadataValue> stated = stated(index());
    metadata.replaceAll((key, value) -> stated.getOrDefault(key, value));
    copy(stated, metadata, "hnsw:space");
    if (!level.hasSchema()) {
      copy(stated, metadata, "hnsw:sync_threshold");
      copy(stated, metadata, "hnsw:batch_size");
    }
    return metadata;
  }

  private static void copy(
      Map<String, MetadataValue> from, Map<String, MetadataValue> to, String key) {
    MetadataValue value = from.get(key);
    if (value != null) {
      to.put(key, value);
    }
  }

  private static Map<String, MetadataValue> stated(IndexConfiguration index) {
    var stated = new LinkedHashMap<String, MetadataValue>();
    stated.put("hnsw:space", new MetadataValue.Text(index.space().chromaName()));
    stated.put("hnsw:construction_ef", new MetadataValue.Whole(index.efConstruction()));
    stated.put("hnsw:search_ef", new MetadataValue.Whole(index.efSearch()));
    stated.put("hnsw:M", new MetadataValue.Whole(index.m()));
    stated.put("hnsw:num_threads", new MetadataValue.Whole(Math.max(1, index.numThreads())));
    stated.put("hnsw:resize_factor", new MetadataValue.Real(index.resizeFactor()));
    stated.put("hnsw:batch_size", new MetadataValue.Whole(index.batchSize()));
    stated.put("hnsw:sync_threshold", new MetadataValue.Whole(index.syncThreshold()));
    return stated;
  }
}
