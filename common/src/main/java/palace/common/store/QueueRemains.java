package palace.common.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
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
/// palace have one. It must not say another document than the drawer's.
///
/// A page may have been used in between, and be free again. In a row's own page that shows
/// ([BtreePage#remains]). The pages in which a long row goes on do not tell whose they are, but the
/// document comes last: such a row counts only when it says the drawer's.
///
/// Free pages are read once from end to end. What stays in memory is where rows are, 8 bytes for
/// each and 32 MiB at most ([RowPlaces]), however long their texts. A row is read when it is asked
/// for, unless it is longer than [#LONGEST_ROW].
final class QueueRemains implements AutoCloseable {
  private static final int COLUMNS = 8;
  private static final int NULL_TYPE = 0;
  private static final int OPERATION = 2;
  private static final int TOPIC = 3;
  private static final int ID = 4;
  private static final int VECTOR = 5;
  private static final int ENCODING = 6;
  private static final int METADATA = 7;
  private static final long LONGEST_ROW = 16L << 20;

  /// Rows that move from page to page leave a few copies behind, never so many.
  private static final int MOST_COPIES = 64;

  private final PageFile file;
  private final Freelist free;
  private final RowPlaces places = new RowPlaces(RowPlaces.MOST);

  private QueueRemains(PageFile file) {
    this.file = file;
    this.free = Freelist.of(file);
  }

  /// Looks through the free pages of a database that nobody changes; connections may be open to it.
  static QueueRemains of(Path database) throws IOException {
    var remains = new QueueRemains(PageFile.beside(database));
    try {
      remains.find();
      return remains;
    } catch (RuntimeException e) {
      remains.close();
      throw e;
    }
  }

  private void find() {
    free.numbers()
        .forEach(page ->
            rowsOf(file.formerLeaf(page))
                .mapToLong(Cell::rowid)
                .distinct()
                .forEach(position -> places.add(position, page)));
    places.sort();
  }

  private static Stream<Cell> rowsOf(BtreePage page) {
    return page.remains(COLUMNS, NULL_TYPE).stream();
  }

  /// {@return whether there was room to note every row}
  boolean isComplete() {
    return places.isComplete();
  }

  /// {@return the vector that a write gave a drawer, when exactly one is to be found}
  ///
  /// @param dimension that it has to have
  /// @param document of the drawer as it is now; a write that says another one is not the last
  Optional<float[]> vector(
      String topic, String id, long sequence, int dimension, Optional<String> document) {
    List<float[]> found =
        places
            .of(sequence)
            .limit(MOST_COPIES)
            .mapToObj(file::formerLeaf)
            .flatMap(page -> copies(page, sequence))
            .limit(MOST_COPIES)
            .filter(copy -> copy.isText(TOPIC, topic) && copy.isText(ID, id))
            .filter(copy -> copy.mayBeOf(document))
            .flatMap(copy -> copy.vector(dimension).stream())
            .toList();
    boolean agree = found.stream().allMatch(one -> Arrays.equals(one, found.getFirst()));
    return agree ? found.stream().findFirst() : Optional.empty();
  }

  /// A record that goes on in pages which are in use again is not this one any more.
  private Stream<Copy> copies(BtreePage page, long sequence) {
    return rowsOf(page)
        .filter(cell -> cell.rowid() == sequence && cell.payload() <= LONGEST_ROW)
        .flatMap(cell ->
            RecordReader.ofFreePages(file, free).read(page, cell).stream()
                .filter(SqliteRecord::isWhole)
                .map(row -> new Copy(row.values(), cell.spills())));
  }

  /// A row that was read.
  private record Copy(List<SqliteValue> values, boolean spills) {
    boolean isText(int column, String expected) {
      return values.get(column) instanceof SqliteValue.Text found && found.text().equals(expected);
    }

    boolean mayBeOf(Optional<String> document) {
      Optional<String> text =
          values.get(METADATA) instanceof SqliteValue.Text found
              ? Optional.of(found.text())
              : Optional.empty();
      return switch (QueueMetadata.parse(text)) {
        case QueueMetadata.Changes changes ->
            changes.document().isPresent() ? changes.document().equals(document) : !spills;
        case QueueMetadata.Broken broken -> false;
      };
    }

    Optional<float[]> vector(int dimension) {
      boolean gives =
          values.get(OPERATION) instanceof SqliteValue.Whole(long operation)
              && operation >= QueueEntry.ADD
              && operation <= QueueEntry.UPSERT
              && isText(ENCODING, "FLOAT32");
      if (!gives
          || !(values.get(VECTOR) instanceof SqliteValue.Blob(byte[] bytes))
          || dimension <= 0
          || bytes.length != dimension * Float.BYTES) {
        return Optional.empty();
      }
      float[] vector = new float[dimension];
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(vector);
      return new StoredVector(vector, 0, false).isFinite() ? Optional.of(vector) : Optional.empty();
    }
  }

  @Override
  public void close() {
    file.close();
  }
}
