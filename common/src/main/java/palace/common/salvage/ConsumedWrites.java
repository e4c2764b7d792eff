package palace.common.salvage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.MetadataValue;
import palace.common.chroma.QueueMetadata;
import palace.common.chroma.RecordRows;
import palace.common.chroma.SchemaLevel;
import palace.common.chroma.SequenceNumber;
import palace.common.sqlite.RowidRange;

/// Writes drawers again whose rows are lost and whose writes still stand in the queue. A METADATA
/// segment that has consumed them does not read them a second time, so nobody else would.
///
/// A drawer whose deletion was lost with its row of the queue comes back with them. Of one whose
/// first write is no longer in the queue there is only what later ones changed, and where a later
/// row is lost what is there may be older than it was; both are declared.
final class ConsumedWrites {
  private static final int BATCH = 200;
  private static final int ADD = 0;
  private static final int DELETE = 3;

  private final ChromaDatabase database;
  private final SchemaLevel level;
  private final Holes lostWrites;
  private final RecordRows records;
  private final List<SalvageReport.LostKey> lostKeys = new ArrayList<>();
  private long nextRow;
  private long written;

  /// @param lostWrites where rows of the queue are missing
  ConsumedWrites(ChromaDatabase database, SchemaLevel level, Holes lostWrites) {
    this.database = database;
    this.level = level;
    this.lostWrites = lostWrites;
    records = new RecordRows(database, level);
  }

  private record Segment(String id, String topic, long position) {}

  private record Orphan(long sequence, String id) {}

  private record Write(long sequence, long operation, Optional<String> metadata) {}

  /// Adds the drawers; belongs after the segments and the full-text rows of the others.
  void run() throws IOException {
    List<Segment> segments =
        database.list(
            "SELECT s.id, s.collection, m.seq_id FROM segments s JOIN max_seq_id m"
                + " ON m.segment_id = s.id WHERE s.scope = 'METADATA' ORDER BY s.id",
            row ->
                new Segment(
                    row.text(1),
                    CollectionRow.topicOf(row.text(2)),
                    SequenceNumber.of(row.value(3)).position().orElse(0)));
    // No index of Chroma's leads to the rows of one drawer.
    database.execute(
        "CREATE TEMP TABLE consumed AS SELECT topic, id, seq_id FROM embeddings_queue");
    database.execute("CREATE INDEX temp.consumed_id ON consumed (id)");
    nextRow = records.nextRowId();
    for (Segment segment : segments) {
      fill(segment);
    }
  }

  private void fill(Segment segment) throws IOException {
    long last = Long.MIN_VALUE;
    List<Orphan> orphans;
    do {
      orphans =
          database.list(
              "SELECT q.seq_id, q.id FROM embeddings_queue q WHERE q.topic = ? AND q.seq_id <= ?"
                  + " AND q.seq_id > ? AND NOT EXISTS (SELECT 1 FROM embeddings e"
                  + " WHERE e.segment_id = ? AND e.embedding_id = q.id) ORDER BY q.seq_id LIMIT "
                  + BATCH,
              row -> new Orphan(row.integer(1), row.text(2)),
              segment.topic(),
              segment.position(),
              last,
              segment.id());
      for (String id : orphans.stream().map(Orphan::id).distinct().toList()) {
        write(segment, id);
      }
      last = orphans.isEmpty() ? last : orphans.getLast().sequence();
    } while (orphans.size() == BATCH);
  }

  private void write(Segment segment, String id) throws IOException {
    List<Write> writes =
        database.list(
            "SELECT q.seq_id, q.operation, q.metadata FROM consumed c JOIN embeddings_queue q"
                + " ON q.seq_id = c.seq_id WHERE c.topic = ? AND c.id = ? ORDER BY q.seq_id",
            row ->
                new Write(
                    row.integer(1),
                    row.integer(2),
                    row.isNull(3) ? Optional.empty() : Optional.of(row.text(3))),
            segment.topic(),
            id);
    // An id that is no UTF-8 is not found again.
    if (writes.isEmpty() || writes.getLast().operation() == DELETE) {
      return;
    }
    writes.removeIf(write -> write.sequence() > segment.position());
    var metadata = new LinkedHashMap<String, MetadataValue>();
    boolean there = false;
    boolean whole = false;
    for (Write write : writes) {
      if (write.operation() == DELETE) {
        metadata.clear();
        there = false;
        whole = false;
      } else if (write.operation() >= ADD && write.operation() < DELETE) {
        boolean first = !there;
        there = true;
        whole |= first && write.operation() != 1;
        if (first || write.operation() != ADD) {
          apply(write, metadata);
        }
      }
    }
    if (there) {
      long sequence = writes.getLast().sequence();
      insert(segment, id, sequence, metadata, whole && !mayBeOlder(sequence));
    }
  }

  /// How far a segment has read is no bound: that number may have been lost, too.
  private boolean mayBeOlder(long sequence) throws IOException {
    long newest = database.number("SELECT max(seq_id) FROM embeddings_queue");
    return sequence < newest && lostWrites.meet(new RowidRange(sequence + 1, newest));
  }

  private void apply(Write write, Map<String, MetadataValue> metadata) {
    if (QueueMetadata.parse(write.metadata()) instanceof QueueMetadata.Changes changes) {
      changes
          .changes()
          .forEach((key, value) ->
              value.ifPresentOrElse(found -> metadata.put(key, found), () -> metadata.remove(key)));
    }
  }

  private void insert(
      Segment segment,
      String id,
      long sequence,
      Map<String, MetadataValue> metadata,
      boolean isWhole)
      throws IOException {
    long row = nextRow++;
    if (!level.hasArrays()) {
      metadata.values().removeIf(MetadataValue.Listing.class::isInstance);
    }
    records.insert(row, segment.id(), id, sequence, metadata);
    written++;
    if (!isWhole && lostKeys.size() < SalvageReport.MOST_KEYS) {
      lostKeys.add(new SalvageReport.LostKey(row, ""));
      lostKeys.add(new SalvageReport.LostKey(row, MetadataValue.DOCUMENT_KEY));
    }
  }

  /// {@return how many drawers were written}
  long written() {
    return written;
  }

  /// {@return what is known to be missing of them}
  List<SalvageReport.LostKey> lostKeys() {
    return lostKeys;
  }
}
