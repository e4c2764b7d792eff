package palace.common.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import palace.common.Progress;
import palace.common.files.LiveFiles;
import palace.common.files.TreeCopy;
import palace.common.store.Palace;

/// What becomes of checks that hang, throw or need too much, through one connection and through
/// several.
@Timeout(60)
class CheckRunTest {
  private static final long MIB = 1L << 20;
  private static final String ENDLESS =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

  @TempDir Path directory;

  private final CheckBounds bounds =
      new CheckBounds(Duration.ofMillis(300), Duration.ofMillis(300), 100 * MIB);
  private Palace palace;

  @BeforeEach
  void open() throws IOException {
    Path copy = directory.resolve("palace");
    TreeCopy.copy(Path.of("..", "samples", "chroma-0.6").toRealPath(), copy);
    palace = Palace.open(copy);
  }

  @AfterEach
  void close() throws IOException {
    palace.close();
  }

  private Readers readers(int atATime) {
    return atATime == 1 ? Readers.only(palace.database()) : Readers.several(palace, atATime);
  }

  private Examination run(int atATime, CheckUnit... units) {
    var whole = new Examination(palace.layout(), palace.database(), palace.level());
    try (Readers readers = readers(atATime)) {
      assertThat(readers.atATime()).isEqualTo(atATime);
      new CheckRun(whole, readers, bounds).make(List.of(units), done -> {});
    }
    return whole;
  }

  private static CheckUnit finds(String topic, long rows) {
    return CheckUnit.of(topic, part -> part.found(new QueueFinding.NeverPurged(rows)));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void findingsComeInTheOrderOfTheChecksWhateverEndsFirst(int atATime) {
    var units = new ArrayList<CheckUnit>();
    for (int i = 0; i < 12; i++) {
      long number = i;
      units.add(
          CheckUnit.of(
              "check " + i,
              part -> {
                sleep(30 - 2 * number);
                part.found(new QueueFinding.NeverPurged(number));
              }));
    }

    Examination whole = run(atATime, units.toArray(CheckUnit[]::new));

    assertThat(whole.findings())
        .extracting(finding -> ((QueueFinding.NeverPurged) finding).rows())
        .containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L, 11L);
    assertThat(whole.notRun()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void aStatementWithoutEndIsEndedAndTheOthersAreMade(int atATime) {
    Examination whole =
        run(
            atATime,
            CheckUnit.of("endless statement", part -> part.database().number(ENDLESS)),
            finds("later", 7));

    // Which bound is met first depends on how fast the machine is.
    assertThat(whole.notRun())
        .singleElement()
        .isIn(
            new NotRun("endless statement", "it took longer than 1 s", true),
            new NotRun(
                "endless statement",
                "a query takes more steps than a sound file of its size can need",
                true));
    assertThat(whole.findings()).containsExactly(new QueueFinding.NeverPurged(7));
  }

  @Test
  void aCheckThatNeverEndsIsLeftBehindAndAnotherThreadMakesTheRest() throws Exception {
    var stop = new AtomicBoolean();
    var ended = new CountDownLatch(1);
    Examination whole =
        run(2, hangs(stop, ended), hangs(stop, ended), finds("a", 1), finds("b", 2));

    assertThat(whole.notRun()).hasSize(2).allMatch(check -> check.reason().contains("longer than"));
    assertThat(whole.findings()).hasSize(2);
    stop.set(true);
    assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aCheckThatNeverEndsOnTheOnlyConnectionLeavesTheRestNotMade() {
    var stop = new AtomicBoolean();
    Examination whole = run(1, hangs(stop, new CountDownLatch(1)), finds("later", 1));
    stop.set(true);

    assertThat(whole.findings()).isEmpty();
    assertThat(whole.notRun()).extracting(NotRun::check).containsExactly("hangs", "later");
  }

  private static CheckUnit hangs(AtomicBoolean stop, CountDownLatch ended) {
    return CheckUnit.of(
        "hangs",
        part -> {
          spin(stop);
          ended.countDown();
        });
  }

  @Test
  void whateverACheckThrowsIsTheReasonWhyItWasNotMade() {
    Examination whole =
        run(
            2,
            CheckUnit.of(
                "io",
                part -> {
                  throw new IOException("no such device");
                }),
            CheckUnit.optional(
                "bug",
                part -> {
                  throw new IllegalStateException("a slip");
                }),
            CheckUnit.of("depth", part -> part.found(deeper(0))),
            CheckUnit.of("greed", part -> greed()),
            finds("good", 3));

    assertThat(whole.notRun())
        .containsExactly(
            new NotRun("io", "no such device", true),
            new NotRun(
                "bug", "this should never happen: java.lang.IllegalStateException: a slip", false),
            new NotRun("depth", "StackOverflowError", true),
            new NotRun("greed", "it needs more memory than Java may use", true));
    assertThat(whole.findings()).containsExactly(new QueueFinding.NeverPurged(3));
  }

  private static Finding deeper(long depth) {
    return depth < 0 ? new QueueFinding.NeverPurged(depth) : deeper(depth + 1);
  }

  private static void greed() {
    var hoard = new ArrayList<long[]>();
    while (true) {
      hoard.add(new long[Integer.MAX_VALUE - 8]);
    }
  }

  @Test
  void aCheckThatNeedsMoreThanThereIsIsNotBegunAndOthersShareWhatThereIs() {
    var now = new AtomicLong();
    var most = new AtomicLong();
    var units = new ArrayList<CheckUnit>();
    units.add(new CheckUnit("giant", true, 200 * MIB, part -> most.set(Long.MAX_VALUE)));
    for (int i = 0; i < 6; i++) {
      units.add(
          new CheckUnit(
              "big " + i,
              true,
              60 * MIB,
              part -> {
                most.accumulateAndGet(now.addAndGet(60), Math::max);
                sleep(10);
                now.addAndGet(-60);
              }));
    }

    Examination whole = run(3, units.toArray(CheckUnit[]::new));

    assertThat(whole.notRun()).extracting(NotRun::check).containsExactly("giant");
    assertThat(whole.notRun().getFirst().reason()).contains("200 MiB").contains("100");
    assertThat(most.get()).isEqualTo(60);
  }

  @Test
  void everyCheckReadsTheStateThatThePalaceWasOpenedIn() {
    Set<Long> seen = ConcurrentHashMap.newKeySet();
    Set<Object> connections = ConcurrentHashMap.newKeySet();
    var units = new ArrayList<CheckUnit>();
    for (int i = 0; i < 8; i++) {
      units.add(
          CheckUnit.of(
              "rows " + i,
              part -> {
                seen.add(part.database().number("SELECT count(*) FROM embeddings"));
                connections.add(part.database());
                sleep(20);
              }));
    }

    Examination whole = run(4, units.toArray(CheckUnit[]::new));

    assertThat(whole.notRun()).isEmpty();
    assertThat(seen).hasSize(1);
    assertThat(connections).hasSizeGreaterThan(1);
  }

  @Test
  void oneConnectionAndSeveralGiveOneDiagnosisAndNothingStaysOpen() throws IOException {
    Diagnosis several = Doctor.examine(palace, Progress.SILENT, readers(4), bounds());
    Diagnosis one = Doctor.examine(palace, Progress.SILENT, readers(1), bounds());
    palace.close();

    assertThat(several).isEqualTo(one);
    assertThat(one.collections()).hasSize(2);
    assertThat(LiveFiles.isOpen(directory.resolve("palace").resolve("chroma.sqlite3"))).isFalse();
  }

  /// A connection that is still on its way back when the checks are made would keep its read
  /// transaction for as long as this process lives.
  @Test
  void whoMadeTheChecksCanWriteWhenTheyAreMade() throws Exception {
    String url = "jdbc:sqlite:" + palace.layout().database();
    var stop = new AtomicBoolean();
    for (int i = 0; i < 8; i++) {
      Thread.ofPlatform().daemon().start(() -> spin(stop));
    }
    var units = Collections.nCopies(40, finds("one", 1)).toArray(CheckUnit[]::new);
    for (int i = 0; i < 20; i++) {
      run(20, units);
      palace.close();
      try (Connection writer = DriverManager.getConnection(url + "?busy_timeout=0");
          Statement statement = writer.createStatement()) {
        statement.execute("BEGIN EXCLUSIVE");
      }
      palace = Palace.open(directory.resolve("palace"));
    }
    stop.set(true);
  }

  /// A busy machine is where threads stop between any two steps.
  private static void spin(AtomicBoolean stop) {
    while (!stop.get()) {
      Thread.onSpinWait();
    }
  }

  private CheckBounds bounds() {
    return CheckBounds.of(palace.layout().database());
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(Math.max(0, millis));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
