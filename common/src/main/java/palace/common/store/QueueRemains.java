package palace.common.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import palace.common.chroma.QueueMetadata;
import palace.common.sqlite.BtreePage;
import palace.common.sqlite.Cell;
import palace.common.sqlite.Freelist;
import palace.common.sqlite.PageFile;
import palace.common.sqlite.RecordReader;
import palace.common.sqlite.SqliteRecord;
import palace.common.sqlite.SqliteValue;

/// Rows of the queue that were purged, and whose bytes still stand in free pages of the database.
///
/// A purge deletes rows; unless SQLite was built or told to overwrite what it deletes, free pages
/// keep them until they are used again (seen after 1.5.9 had purged by a `max_seq_id` that was too
/// high: 256 of 266 vectors). A row counts when its record adds up to the byte, all of it lies in
/// free pages, and its position in the queue is that of the drawer's last write: no two writes of a
/// palace have one.
final class QueueRemains implements AutoCloseable {
  private static final int COLUMNS = 8;
  private static final int NULL_TYPE = 0;
  private static final int OPERATION = 2;
  private static final int TOPIC = 3;
  private static final int ID = 4;
  private static final int VECTOR = 5;
  private static final int ENCODING = 6;
  private static final int METADATA = 7;

  private final PageFile file;
  private final Freelist free;
  private final Map<Key, List<Place>> places = new HashMap<>();

  /// What tells a write from every other one.
  private record Key(String topic, String id, long sequence) {}

  private record Place(long page, Cell cell) {}

  private QueueRemains(PageFile file) {
    this.file = file;
    this.free = Freelist.of(file);
  }

  /// Looks through the free pages of a database to which this process has no connection.
  static QueueRemains of(Path database) throws IOException {
    var remains = new QueueRemains(PageFile.open(database));
    try {
      remains.find();
      return remains;
    } catch (RuntimeException e) {
      remains.close();
      throw e;
    }
  }

  private void find() {
    RecordReader local = RecordReader.ofLocalParts(file);
    for (long number = 2; number <= file.shape().pages(); number++) {
      if (free.contains(number)) {
        BtreePage page = file.formerLeaf(number);
        for (Cell cell : page.remains(COLUMNS, NULL_TYPE)) {
          local.read(page, cell).ifPresent(row -> add(row, new Place(page.number(), cell)));
        }
      }
    }
  }

  private void add(SqliteRecord row, Place place) {
    if (row.values().size() > ID
        && row.values().get(TOPIC) instanceof SqliteValue.Text topic
        && row.values().get(ID) instanceof SqliteValue.Text id) {
      places
          .computeIfAbsent(new Key(topic.text(), id.text(), row.rowid()), key -> new ArrayList<>(1))
          .add(place);
    }
  }

  /// {@return the vector that a write gave a drawer, when exactly one is to be found}
  ///
  /// @param dimension that it has to have
  /// @param document of the drawer as it is now; a write that says another one is not the last
  Optional<float[]> vector(
      String topic, String id, long sequence, int dimension, Optional<String> document) {
    float[] found = null;
    for (Place place : places.getOrDefault(new Key(topic, id, sequence), List.of())) {
      Optional<float[]> vector = read(place).flatMap(row -> vector(row, dimension, document));
      if (vector.isPresent()) {
        if (found != null && !Arrays.equals(found, vector.get())) {
          return Optional.empty();
        }
        found = vector.get();
      }
    }
    return Optional.ofNullable(found);
  }

  /// A record that goes on in pages which are in use again is not this one any more.
  private Optional<SqliteRecord> read(Place place) {
    return RecordReader.ofFreePages(file, free)
        .read(file.formerLeaf(place.page()), place.cell())
        .filter(SqliteRecord::isWhole);
  }

  private static Optional<float[]> vector(
      SqliteRecord row, int dimension, Optional<String> document) {
    boolean gives =
        row.values().get(OPERATION) instanceof SqliteValue.Whole(long operation)
            && operation >= QueueEntry.ADD
            && operation <= QueueEntry.UPSERT
            && row.values().get(ENCODING) instanceof SqliteValue.Text encoding
            && encoding.text().equals("FLOAT32");
    if (!gives
        || !(row.values().get(VECTOR) instanceof SqliteValue.Blob(byte[] bytes))
        || dimension <= 0
        || bytes.length != dimension * Float.BYTES
        || contradicts(row.values().get(METADATA), document)) {
      return Optional.empty();
    }
    float[] vector = new float[dimension];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(vector);
    return new StoredVector(vector, 0, false).isFinite() ? Optional.of(vector) : Optional.empty();
  }

  private static boolean contradicts(SqliteValue metadata, Optional<String> document) {
    Optional<String> text =
        metadata instanceof SqliteValue.Text found ? Optional.of(found.text()) : Optional.empty();
    return switch (QueueMetadata.parse(text)) {
      case QueueMetadata.Changes changes -> {
        Optional<String> said = changes.document();
        yield said.isPresent() && !said.equals(document);
      }
      case QueueMetadata.Broken broken -> true;
    };
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      // It was only read.
    }
  }
}
