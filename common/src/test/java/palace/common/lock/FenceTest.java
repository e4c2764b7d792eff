package palace.common.lock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import palace.common.PalaceException;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.SourceDatabase;
import palace.common.files.BoundedReader;
import palace.common.files.Durable;
import palace.common.files.LiveFiles;
import palace.common.files.PrivateDirectory;
import palace.common.files.Sha256;
import palace.common.files.TreeCopy;
import palace.common.files.TreeDelete;
import palace.common.files.TreeDigest;
import palace.common.sqlite.PageFile;

final class FenceTest {
  private static final String CREATE =
      """
      import sqlite3, sys
      db = sqlite3.connect(sys.argv[1])
      db.execute(f"PRAGMA journal_mode={sys.argv[2]}")
      db.execute("CREATE TABLE t(x)")
      db.execute("INSERT INTO t VALUES (1)")
      db.commit()
      db.close()
      print("created")
      """;

  /// Tries for the write lock whenever it is told to, and says what came of it.
  private static final String PROBE =
      """
      import sqlite3, sys
      for line in sys.stdin:
          db = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
          try:
              db.execute("BEGIN IMMEDIATE")
              db.execute("ROLLBACK")
              said = ["free"]
          except sqlite3.OperationalError as e:
              said = [e]
          if line == "read\\n":
              said += [db.execute("SELECT count(*) FROM t").fetchone()[0]]
          db.close()
          print(*said, sep="\\n")
      """;

  /// Tries for the write lock every 10 ms until its input ends, then says how often it got it and
  /// how often not.
  private static final String PROBE_ALL_THE_TIME =
      """
      import sqlite3, sys, threading, time
      free = taken = 0
      end = threading.Event()
      threading.Thread(target=lambda: (sys.stdin.readline(), end.set()), daemon=True).start()
      print("started")
      while not end.is_set():
          db = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
          try:
              db.execute("BEGIN IMMEDIATE")
              db.execute("ROLLBACK")
              free += 1
          except sqlite3.OperationalError:
              taken += 1
          db.close()
          time.sleep(0.01)
      print(free)
      print(taken)
      """;

  private static final String HOLD =
      """
      import sqlite3, sys
      db = sqlite3.connect(sys.argv[1], isolation_level=None)
      db.execute("PRAGMA cache_size=1")
      db.execute("BEGIN IMMEDIATE")
      db.execute("INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<20000) SELECT i FROM n")
      print("in a transaction")
      sys.stdin.readline()
      db.execute("COMMIT")
      print("committed")
      sys.stdin.readline()
      """;

  @TempDir Path directory;
  private Path palace;
  private Path database;

  @BeforeEach
  void places() throws IOException {
    palace = Files.createDirectory(directory.resolve("my palace"));
    database = palace.resolve("chroma.sqlite3");
    Files.createDirectories(Path.of(System.getenv("HOME")));
  }

  private void create(String journalMode) throws Exception {
    try (var python = Python.run(CREATE, database, journalMode)) {
      assertThat(python.answer()).isEqualTo("created");
    }
  }

  private Set<String> names() throws IOException {
    try (var entries = Files.list(palace)) {
      return entries.map(entry -> entry.getFileName().toString()).collect(Collectors.toSet());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"DELETE", "WAL"})
  void nobodyElseCanWriteBehindAFenceButReadAndNothingOfItRemains(String mode) throws Exception {
    create(mode);
    String before = Sha256.of(database);
    try (var lock = PalaceLock.acquire(palace, "migrate");
        var probe = Python.run(PROBE, database)) {
      assertThat(Fence.canHold(database)).isTrue();
      try (var fence = lock.fence(database)) {
        assertThat(fence.database()).isEqualTo(database);
        probe.tell("read");
        assertThat(probe.answer()).isEqualTo("database is locked");
        assertThat(probe.answer()).isEqualTo("1");
      }
      assertThat(Sha256.of(database)).isEqualTo(before);
      assertThat(names()).containsExactly("chroma.sqlite3");
      probe.tell("write");
      assertThat(probe.answer()).isEqualTo("free");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"DELETE", "WAL"})
  void aRunningTransactionIsNamedAndWaitedFor(String mode) throws Exception {
    create(mode);
    try (var holder = Python.run(HOLD, database)) {
      holder.answer();
      try (var lock = PalaceLock.acquire(palace, "migrate")) {
        assertThatThrownBy(() -> lock.fence(database))
            .isInstanceOf(PalaceException.Busy.class)
            .hasMessageContaining("process " + holder.pid())
            .hasMessageContaining("python3");
        assertThat(LiveFiles.isOpen(database)).isFalse();
      }
      try (var lock = PalaceLock.acquire(palace, "migrate", Duration.ofSeconds(20))) {
        holder.tell("commit");
        lock.fence(database).close();
        assertThat(holder.answer()).isEqualTo("committed");
      }
    }
  }

  @Test
  void aJournalThatMustBeRolledBackIsLeftAlone() throws Exception {
    create("DELETE");
    try (var holder = Python.run(HOLD, database)) {
      holder.answer();
    }
    assertThat(palace.resolve("chroma.sqlite3-journal")).isNotEmptyFile();
    assertThat(Fence.canHold(database)).isFalse();
  }

  @Test
  void aLogThatIsNotMergedIsLeftAlone() throws Exception {
    create("WAL");
    try (var holder = Python.run(HOLD, database)) {
      holder.answer();
      holder.tell("commit");
      holder.answer();
    }
    assertThat(palace.resolve("chroma.sqlite3-wal")).isNotEmptyFile();
    assertThat(Fence.canHold(database)).isFalse();
  }

  @Test
  void whatIsNoDatabaseOrMayNotBeWrittenCannotBeFenced() throws Exception {
    Files.writeString(database, "not a database, but longer than the header of one");
    assertThat(Fence.canHold(database)).isFalse();
    assertThat(Fence.canHold(palace.resolve("missing.sqlite3"))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"DELETE", "WAL"})
  void nothingThatWeDoBehindTheFenceLetsAWriterIn(String mode) throws Exception {
    create(mode);
    try (var lock = PalaceLock.acquire(palace, "migrate");
        var fence = lock.fence(database);
        var probe = Python.run(PROBE_ALL_THE_TIME, database)) {
      probe.answer();
      for (int round = 0; round < 30; round++) {
        try (var source = SourceDatabase.open(database)) {
          assertThat(source.database().number("SELECT count(*) FROM t")).isEqualTo(1);
        }
        try (var build = ChromaDatabase.create(directory.resolve("build-" + round))) {
          build.attach(database, "source");
          assertThat(build.number("SELECT count(*) FROM source.t")).isEqualTo(1);
        }
        fence.backUpTo(directory.resolve("copy-" + round));
        assertThat(Fence.canHold(database)).isTrue();
        assertReadersRefuse();
        OpenHandles.scan(palace);
        Thread.sleep(10);
      }
      probe.tell("end");
      assertThat(probe.answer()).as("times it got the write lock").isEqualTo("0");
      assertThat(Integer.parseInt(probe.answer())).isGreaterThan(10);
    }
    assertThat(LiveFiles.isOpen(database)).isFalse();
    assertThat(Sha256.of(database)).isNotEmpty();
  }

  private void assertReadersRefuse() throws IOException {
    Path copy = directory.resolve("never written");
    Path link = directory.resolve("a link");
    Files.deleteIfExists(link);
    Files.createLink(link, database);
    for (Path name : new Path[] {database, link}) {
      assertRefused(() -> TreeCopy.copy(name, copy));
      assertRefused(() -> TreeDigest.ofFile(name));
      assertRefused(() -> Sha256.of(name));
      assertRefused(() -> BoundedReader.readAtMost(name, 1 << 20));
      assertRefused(() -> Durable.forceFile(name));
      assertRefused(() -> {
        try (var scratch = PrivateDirectory.create()) {
          scratch.copyIn(name);
        }
      });
    }
    assertRefused(() -> TreeCopy.copy(palace, directory.resolve("copy of the palace")));
    TreeDelete.delete(directory.resolve("copy of the palace"));
    assertThat(copy).doesNotExist();
  }

  private static void assertRefused(ThrowingCallable reading) {
    assertThatThrownBy(reading)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("is open in a connection of this process");
  }

  @Test
  void readingItsPagesBesideAConnectionLetsNobodyIn() throws Exception {
    create("DELETE");
    try (var lock = PalaceLock.acquire(palace, "migrate");
        var probe = Python.run(PROBE, database)) {
      try (var fence = lock.fence(database)) {
        assertThat(fence.database()).isEqualTo(database);
        PageFile.beside(database).close();
        probe.tell("write");
        assertThat(probe.answer()).isEqualTo("database is locked");
      }
      probe.tell("write");
      assertThat(probe.answer()).isEqualTo("free");
    }
    assertThat(descriptors()).isNotEmpty().doesNotContain(database);
  }

  private static List<Path> descriptors() throws IOException {
    var open = new ArrayList<Path>();
    try (var links = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path link : links) {
        if (Files.isSymbolicLink(link)) {
          open.add(Files.readSymbolicLink(link));
        }
      }
    }
    return open;
  }

  @Test
  void readingAFileThatIsOpenWouldLetAWriterIn() throws Exception {
    create("DELETE");
    try (var lock = PalaceLock.acquire(palace, "migrate");
        var fence = lock.fence(database);
        var probe = Python.run(PROBE, database)) {
      probe.tell("write");
      assertThat(probe.answer()).isEqualTo("database is locked");
      assertThat(fence.database()).isEqualTo(database);
      Files.readAllBytes(database);
      probe.tell("write");
      assertThat(probe.answer()).isEqualTo("free");
    }
  }

  @Test
  void ofAWritersTransactionOthersSeeAllOrNothing() throws Exception {
    create("DELETE");
    try (var writer = ChromaDatabase.openForWriting(database);
        var probe = Python.run(PROBE, database)) {
      writer.beginWriting();
      writer.execute("INSERT INTO t VALUES (2)");
      probe.tell("read");
      assertThat(probe.answer()).isEqualTo("database is locked");
      assertThat(probe.answer()).isEqualTo("1");
      writer.rollback();
      writer.rollback();
      writer.beginWriting();
      writer.execute("INSERT INTO t VALUES (3)");
      writer.commit();
      probe.tell("read");
      assertThat(probe.answer()).isEqualTo("free");
      assertThat(probe.answer()).isEqualTo("2");
    }
  }

  @Test
  void aFenceThatComesDownAfterAnExchangeLeavesTheNewPalaceAlone() throws Exception {
    create("WAL");
    Path old = directory.resolve("old");
    try (var lock = PalaceLock.acquire(palace, "migrate")) {
      var fence = lock.fence(database);
      Files.move(palace, old);
      Files.createDirectory(palace);
      create("WAL");
      try (var writer = Python.run(HOLD, database)) {
        writer.answer();
        writer.tell("commit");
        assertThat(writer.answer()).isEqualTo("committed");
        Path log = palace.resolve("chroma.sqlite3-wal");
        long bytes = Files.size(log);
        fence.close();
        assertThat(log).hasSize(bytes);
        assertThat(old.resolve("chroma.sqlite3")).exists();
      }
    }
    try (var source = SourceDatabase.open(database)) {
      assertThat(source.database().number("SELECT count(*) FROM t")).isEqualTo(20001);
    }
    try (var source = SourceDatabase.open(old.resolve("chroma.sqlite3"))) {
      assertThat(source.database().number("SELECT count(*) FROM t")).isEqualTo(1);
    }
  }

  @Test
  void aFenceHoldsTheFileWhateverItsName() throws Exception {
    create("DELETE");
    try (var lock = PalaceLock.acquire(palace, "migrate")) {
      Path moved = directory.resolve("moved");
      try (var fence = lock.fence(database);
          var probe = Python.run(PROBE, moved.resolve("chroma.sqlite3"))) {
        Files.move(palace, moved);
        probe.tell("read");
        assertThat(probe.answer()).isEqualTo("database is locked");
        assertThat(probe.answer()).isEqualTo("1");
        assertThat(fence.database()).doesNotExist();
      }
      assertThat(moved).isDirectoryContaining(file -> file.endsWith("chroma.sqlite3"));
      assertThat(LiveFiles.isOpen(moved.resolve("chroma.sqlite3"))).isFalse();
    }
  }
}
