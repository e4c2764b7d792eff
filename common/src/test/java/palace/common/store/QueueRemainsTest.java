package palace.common.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.LongFunction;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.FreshSchema;
import palace.common.chroma.SchemaLevel;

/// Rows that SQLite itself wrote and deleted, and pages that nobody should have written.
@Timeout(60)
class QueueRemainsTest {
  private static final String TOPIC = "persistent://default/default/some-collection";
  private static final String DOCUMENT = "what was said";
  private static final int PAGE_BYTES = 4096;
  private static final long MIB = 1L << 20;

  /// With all the rest of its row it fills one overflow page, and less than two.
  private static final int DIMENSION = 1050;

  @TempDir Path directory;

  private Path file;

  @BeforeEach
  void create() throws IOException {
    file = directory.resolve("chroma.sqlite3");
    try (ChromaDatabase database = ChromaDatabase.create(file)) {
      FreshSchema.create(database, SchemaLevel.NEWEST);
    }
  }

  private void sql(String... statements) throws IOException {
    try (ChromaDatabase database = ChromaDatabase.openForWriting(file)) {
      for (String statement : statements) {
        database.execute(statement);
      }
    }
  }

  private long number(String query) throws IOException {
    try (ChromaDatabase database = ChromaDatabase.openReadOnly(file)) {
      return database.number(query);
    }
  }

  private void purge() throws IOException {
    sql("PRAGMA secure_delete=OFF", "DELETE FROM embeddings_queue");
  }

  /// One write of a drawer.
  private record Write(long position, String id, float[] vector, String metadata) {
    static Write of(long position, String id) {
      return of(position, id, DIMENSION).saying(DOCUMENT);
    }

    /// One that says no document.
    static Write of(long position, String id, int dimension) {
      return new Write(position, id, numbers(position, dimension), null);
    }

    Write saying(String document) {
      return new Write(position, id, vector, "{\"chroma:document\": \"%s\"}".formatted(document));
    }
  }

  private static float[] numbers(long seed, int dimension) {
    var random = new Random(seed);
    float[] numbers = new float[dimension];
    for (int i = 0; i < dimension; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }

  private static List<Write> writes(int count, LongFunction<Write> write) {
    var writes = new ArrayList<Write>();
    for (long position = 1; position <= count; position++) {
      writes.add(write.apply(position));
    }
    return writes;
  }

  private List<Write> written(int count, LongFunction<Write> write) throws IOException {
    List<Write> writes = writes(count, write);
    write("embeddings_queue", writes);
    return writes;
  }

  private void write(String table, List<Write> writes) throws IOException {
    try (ChromaDatabase database = ChromaDatabase.openForWriting(file)) {
      database.inTransaction(() -> write(database, table, writes));
    }
  }

  private static void write(ChromaDatabase database, String table, List<Write> writes)
      throws IOException {
    for (Write write : writes) {
      var bytes =
          ByteBuffer.allocate(write.vector().length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(write.vector());
      database.execute(
          "INSERT INTO "
              + table
              + " (seq_id, operation, topic, id, vector, encoding, metadata)"
              + " VALUES (?, 2, ?, ?, ?, 'FLOAT32', ?)",
          write.position(),
          TOPIC,
          write.id(),
          bytes.array(),
          write.metadata());
    }
  }

  private static Optional<float[]> vector(QueueRemains remains, Write write, long position) {
    int dimension = write.vector().length;
    return remains.vector(TOPIC, write.id(), position, dimension, Optional.of(DOCUMENT));
  }

  /// How many of these are found; each that is must be what was written.
  private long found(List<Write> writes) throws IOException {
    long found = 0;
    try (QueueRemains remains = QueueRemains.of(file)) {
      assertThat(remains.isComplete()).isTrue();
      for (Write write : writes) {
        Optional<float[]> vector = vector(remains, write, write.position());
        if (vector.isPresent()) {
          assertThat(isSame(vector.get(), write.vector())).as(write.id()).isTrue();
          found++;
        }
      }
    }
    return found;
  }

  private static boolean isSame(float[] left, float[] right) {
    return Arrays.mismatch(left, right) < 0;
  }

  /// What lies in the pages that now list the others is gone.
  @ParameterizedTest
  @ValueSource(ints = {3, 384, DIMENSION, 3072})
  void purgedVectorsAreFoundBitByBit(int dimension) throws IOException {
    List<Write> writes =
        written(150, position -> Write.of(position, "id" + position, dimension).saying(DOCUMENT));
    purge();

    assertThat(found(writes)).isBetween(writes.size() - 2L, (long) writes.size());
  }

  @Test
  void aRowThatSaysNoDocumentIsProvenByItsOwnPageOnly() throws IOException {
    List<Write> writes =
        written(
            150, position -> Write.of(position, "id" + position, position > 75 ? DIMENSION : 384));
    purge();

    assertThat(found(writes.subList(0, 75))).isGreaterThan(70);
    assertThat(found(writes.subList(75, 150))).isZero();
  }

  /// As Chroma purges. SQLite writes its own four bytes over the beginning of some rows.
  @Test
  void mostRowsThatWereDeletedOneByOneAreFound() throws IOException {
    List<Write> writes = written(150, position -> Write.of(position, "id" + position));
    sql("PRAGMA secure_delete=OFF", "DELETE FROM embeddings_queue WHERE seq_id <= 150");

    assertThat(found(writes)).isBetween(writes.size() / 2L, (long) writes.size());
  }

  @Test
  void nothingIsFoundThatWasOverwritten() throws IOException {
    List<Write> writes = written(150, position -> Write.of(position, "id" + position));
    sql("PRAGMA secure_delete=ON", "DELETE FROM embeddings_queue");

    assertThat(number("PRAGMA freelist_count")).isPositive();
    assertThat(found(writes)).isZero();
  }

  @Test
  void aRowInThePlaceOfTheLastWriteCountsAndNoOlderOne() throws IOException {
    written(150, position -> Write.of(position, "id" + position % 50));
    purge();

    try (QueueRemains remains = QueueRemains.of(file)) {
      Write last = Write.of(107, "id7");
      assertThat(vector(remains, last, 107))
          .hasValueSatisfying(vector -> assertThat(isSame(vector, last.vector())).isTrue());
      assertThat(vector(remains, last, 157)).isEmpty();
      assertThat(vector(remains, Write.of(107, "id8"), 107)).isEmpty();
      assertThat(vector(remains, last, 107 + (1L << 32))).isEmpty();
    }
  }

  @Test
  void aRowThatGaveAnotherDocumentIsNotTheLastWrite() throws IOException {
    List<Write> writes =
        written(20, position -> Write.of(position, "id" + position).saying("something else"));
    purge();

    assertThat(found(writes)).isZero();
  }

  /// Rows of the same lengths take the pages in which others went on.
  @Test
  void aPageThatIsInUseAgainGivesNoVector() throws IOException {
    List<Write> writes = written(150, position -> Write.of(position, "id" + position));
    purge();
    write(
        "embeddings_queue", writes.subList(0, 60).stream().map(QueueRemainsTest::another).toList());

    assertThat(found(writes)).isBetween(1L, 149L);
  }

  private static Write another(Write write) {
    long position = write.position() + 1000;
    return new Write(position, write.id(), numbers(position, DIMENSION), write.metadata());
  }

  /// A shorter row that is alone in a page ends where a longer one ended before it. SQLite empties
  /// a page that it uses again, unless the page became free in the same transaction.
  @ParameterizedTest
  @ValueSource(ints = {10, 11, 12})
  void aPageThatWasUsedInBetweenGivesNoVectorOfBefore(int between) throws IOException {
    List<Write> writes = written(150, position -> Write.of(position, "id" + position, 384));
    try (ChromaDatabase database = ChromaDatabase.openForWriting(file)) {
      database.execute("PRAGMA secure_delete=OFF");
      database.inTransaction(() -> {
        database.execute("DELETE FROM embeddings_queue");
        write(
            database,
            "embeddings_queue",
            writes(between, position -> Write.of(position + 1000, "id" + position, 256)));
      });
    }
    purge();

    assertThat(found(writes)).isBetween(100L, 149L);
  }

  @Test
  void nothingIsFoundOnceEveryFreePageIsInUse() throws IOException {
    List<Write> writes = written(150, position -> Write.of(position, "id" + position));
    purge();
    sql(
        "CREATE TABLE other (text TEXT)",
        "INSERT INTO other VALUES (hex(zeroblob(%d)))"
            .formatted(number("PRAGMA freelist_count") * PAGE_BYTES / 2));

    assertThat(number("PRAGMA freelist_count")).isZero();
    assertThat(found(writes)).isZero();
  }

  @Test
  void whereTwoRowsOfOnePlaceDifferNoneCounts() throws IOException {
    sql(
        "CREATE TABLE twin (seq_id INTEGER PRIMARY KEY, created_at, operation, topic, id, vector, encoding, metadata)");
    List<Write> writes = written(20, position -> Write.of(position, "id" + position));
    var others = new ArrayList<>(writes);
    others.set(4, new Write(5, "id5", numbers(99, DIMENSION), null).saying(DOCUMENT));
    write("twin", others);
    purge();
    sql("PRAGMA secure_delete=OFF", "DROP TABLE twin");

    assertThat(found(List.of(writes.get(4)))).isZero();
    assertThat(found(writes)).isBetween(17L, 19L);
  }

  /// Pages of what looks like the beginning of rows everywhere, of numbers without end, and of one
  /// row that goes on in itself for ever.
  @Test
  @Timeout(30)
  void hostilePagesCostLittleAndGiveNothing() throws IOException {
    List<Write> writes = written(2000, position -> Write.of(position, "id" + position));
    purge();
    overwriteFreePages(
        new byte[][] {
          {9, 0},
          {0x7F, 0},
          {(byte) 0xFF, 0x7F, 0x7F, 0},
          {(byte) 0x81},
          {(byte) 0x8F, 0x50, 1, 9, 0, 0, 0, 0, 0, 0, 0, 0},
          {(byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0x7F, 5, 9, 0, 0, 0, 0, 14, 0, 0, 0},
          {64, 0, 0, 0, 0, 9, 0, 12}
        });

    assertThat(found(writes)).isZero();
  }

  private void overwriteFreePages(byte[][] patterns) throws IOException {
    long first = freePage();
    long pages = Files.size(file) / PAGE_BYTES;
    try (var bytes = new RandomAccessFile(file.toFile(), "rw")) {
      for (long page = first; page <= pages; page++) {
        byte[] pattern = patterns[(int) (page % patterns.length)];
        byte[] content = new byte[PAGE_BYTES];
        for (int i = 0; i < content.length; i++) {
          content[i] = pattern[i % pattern.length];
        }
        bytes.seek((page - 1) * PAGE_BYTES);
        bytes.write(content);
      }
      // One trunk page again, or nothing would be free.
      var trunk = ByteBuffer.allocate(PAGE_BYTES);
      int listed = (int) Math.min(pages - first, PAGE_BYTES / 4 - 2);
      trunk.putInt(0).putInt(listed);
      for (int i = 1; i <= listed; i++) {
        trunk.putInt((int) first + i);
      }
      bytes.seek((first - 1) * PAGE_BYTES);
      bytes.write(trunk.array());
      bytes.seek(32);
      bytes.writeInt((int) first);
      bytes.writeInt(listed + 1);
    }
  }

  /// {@return a page after which no other is in use}
  private long freePage() throws IOException {
    return number("SELECT max(pageno) + 1 FROM dbstat");
  }

  @Test
  void longTextsStayOnDisk() throws IOException {
    String text = "long".repeat(1500);
    written(4000, position -> Write.of(position, position + text, 3).saying(DOCUMENT));
    purge();
    assertThat(Files.size(file)).isGreaterThan(24 * MIB);

    long before = used();
    try (QueueRemains remains = QueueRemains.of(file)) {
      long after = used();
      assertThat(vector(remains, Write.of(7, 7 + text, 3), 7)).isPresent();
      assertThat(after - before).isLessThan(4 * MIB);
    }
  }

  private static long used() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  @Test
  void rowsForWhichThereIsNoRoomAreLeftOutAndMissed() {
    var places = new RowPlaces(3000);
    for (int i = 1; i <= 3000; i++) {
      places.add(i % 1000, i);
    }
    assertThat(places.isComplete()).isTrue();
    places.add(1, 3001);
    places.sort();

    assertThat(places.isComplete()).isFalse();
    assertThat(places.of(1)).containsExactly(1, 1001, 2001);
    assertThat(places.of(1000)).isEmpty();
  }

  @Test
  void whatIsInTheLogIsNotSoughtInTheFile() throws IOException {
    List<Write> writes = written(20, position -> Write.of(position, "id" + position));
    sql("PRAGMA journal_mode=WAL");
    try (ChromaDatabase database = ChromaDatabase.openForWriting(file);
        RemainsOnDemand remains = RemainsOnDemand.in(Optional.of(file))) {
      database.execute("PRAGMA secure_delete=OFF");
      database.execute("DELETE FROM embeddings_queue");

      assertThat(remains.unsearched()).isEmpty();
      assertThat(remains.get()).isEmpty();
      assertThat(remains.unsearched())
          .hasValueSatisfying(reason -> assertThat(reason).contains("write-ahead log"));

      database.mergeLog();
    }
    assertThat(found(writes)).isGreaterThan(17);
  }
}
