package palace.repair;

import java.io.IOException;
import java.util.List;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.QueueRow;
import palace.common.chroma.RecordRows;
import palace.common.chroma.SchemaLevel;
import palace.common.chroma.SequenceNumber;
import palace.common.store.Drawer;
import palace.common.store.DrawerEntry;
import palace.common.store.SkippedRow;

/// The rows that make a fresh index the index of its collection: drawers with the queue folded in,
/// the queue itself, the new segment id, and how far both segments have come.
final class IndexRows {
  private static final int DELETE = 3;
  private static final int BATCH = 500;

  private final ChromaDatabase database;
  private final SchemaLevel level;
  private final NewIndex index;
  private final RecordRows rows;
  private final String collection;
  private final String oldSegment;
  private final String metadataSegment;
  private final KeptAside aside;

  IndexRows(Surgery surgery, NewIndex index) {
    aside = surgery.aside();
    database = surgery.database();
    level = surgery.level();
    this.index = index;
    rows = new RecordRows(database, level);
    collection = index.facts().row().id();
    oldSegment = index.facts().vectorSegment().orElseThrow().id();
    metadataSegment = index.facts().metadataSegment().orElseThrow().id();
  }

  /// {@return how many drawers the index holds}
  long write() throws IOException {
    deleteDrawers();
    foldPending();
    writeBrought();
    cleanQueue();
    switchSegment();
    statePositions();
    if (index.facts().dimension() > 0) {
      database.execute(
          "UPDATE collections SET dimension=? WHERE id=?", index.facts().dimension(), collection);
    }
    return index.written().elements();
  }

  private void deleteDrawers() throws IOException {
    List<Long> present =
        database.list(
            "SELECT id FROM embeddings NOT INDEXED WHERE segment_id=?",
            row -> row.integer(1),
            metadataSegment);
    for (long row : present) {
      if (!index.keptRows().contains(row)) {
        keepDouble(row);
        rows.delete(row);
      }
    }
  }

  /// Of two rows of one id only one is the drawer; what the other says is kept as text.
  private void keepDouble(long row) throws IOException {
    long others =
        database.number(
            "SELECT count(*) FROM embeddings NOT INDEXED WHERE segment_id=? AND id<>? AND embedding_id="
                + "(SELECT embedding_id FROM embeddings NOT INDEXED WHERE id=?)",
            metadataSegment,
            row,
            row);
    if (others > 0) {
      aside.rows(database, "embeddings", "id=?", row);
      aside.rows(database, "embedding_metadata", "id=?", row);
    }
  }

  private void foldPending() throws IOException {
    long next = rows.nextRowId();
    for (NewIndex.PendingDrawer pending : index.pending()) {
      Drawer drawer = pending.drawer();
      if (pending.rowId() > 0) {
        rows.replace(pending.rowId(), drawer.sequence(), drawer.metadata());
      } else {
        rows.insert(next++, metadataSegment, drawer.id(), drawer.sequence(), drawer.metadata());
      }
    }
  }

  private void writeBrought() throws IOException {
    List<DrawerEntry> entries = index.brought().entries();
    long next = rows.nextRowId();
    for (int from = 0; from < entries.size(); from += BATCH) {
      List<DrawerEntry> batch = entries.subList(from, Math.min(entries.size(), from + BATCH));
      List<Drawer> drawers = index.brought().through().read(batch);
      for (int i = 0; i < batch.size(); i++) {
        Drawer drawer = drawers.get(i);
        if (batch.get(i).rowId() > 0) {
          rows.replace(batch.get(i).rowId(), drawer.sequence(), drawer.metadata());
        } else {
          rows.insert(next++, metadataSegment, drawer.id(), drawer.sequence(), drawer.metadata());
        }
      }
    }
  }

  private void cleanQueue() throws IOException {
    String topic = CollectionRow.topicOf(collection);
    for (SkippedRow skipped : index.skipped()) {
      aside.rows(database, "embeddings_queue", "seq_id=?", skipped.sequence());
      database.execute("DELETE FROM embeddings_queue WHERE seq_id=?", skipped.sequence());
    }
    for (String lost : index.lost()) {
      database.execute("DELETE FROM embeddings_queue WHERE topic=? AND id=?", topic, lost);
    }
    stateEncoding(topic);
    if (!index.newestRowStays() && index.newest() > 0) {
      insertNewest(topic);
    }
  }

  /// Only float32 was ever written; Chroma reads the encoding of every row, whether or not there is
  /// a vector.
  private void stateEncoding(String topic) throws IOException {
    database.execute(
        "UPDATE embeddings_queue SET encoding=CASE WHEN vector IS NULL THEN NULL ELSE 'FLOAT32' END"
            + " WHERE topic=? AND coalesce(encoding,'')<>'INT32' AND (encoding<>'FLOAT32' OR"
            + " encoding IS NULL AND vector IS NOT NULL)",
        topic);
  }

  /// An empty collection gets a deletion of a drawer that never was: any other row would add one
  /// when a release replays it.
  private void insertNewest(String topic) throws IOException {
    if (index.last().isPresent()) {
      Drawer last = index.last().get();
      QueueRow.insertConsumed(
          database,
          index.newest(),
          collection,
          last.id(),
          last.vector().orElseThrow().original(index.facts().index().space()),
          last.metadata());
    } else {
      database.execute("DELETE FROM embeddings_queue WHERE topic=?", topic);
      database.execute(
          "INSERT INTO embeddings_queue(seq_id, operation, topic, id) VALUES (?,?,?,?)",
          index.newest(),
          DELETE,
          topic,
          "palace-position");
    }
  }

  private void switchSegment() throws IOException {
    database.execute("UPDATE segments SET id=? WHERE id=?", index.segmentId(), oldSegment);
    database.execute(
        "UPDATE segment_metadata SET segment_id=? WHERE segment_id=?",
        index.segmentId(),
        oldSegment);
  }

  /// Up to 0.5.5 the position of the index stands in its pickle alone. Without an index there must
  /// be no row for it: Chroma would purge the queue up to there.
  private void statePositions() throws IOException {
    for (String segment : List.of(oldSegment, index.segmentId(), metadataSegment)) {
      database.execute("DELETE FROM max_seq_id WHERE segment_id=?", segment);
    }
    if (index.newest() > 0) {
      statePosition(metadataSegment);
    }
    if (index.newest() > 0 && index.written().exists() && level.hasQueueConfiguration()) {
      statePosition(index.segmentId());
    }
  }

  private void statePosition(String segment) throws IOException {
    database.execute(
        "INSERT INTO max_seq_id(segment_id, seq_id) VALUES (?,?)",
        segment,
        SequenceNumber.encode(index.newest(), level));
  }
}
