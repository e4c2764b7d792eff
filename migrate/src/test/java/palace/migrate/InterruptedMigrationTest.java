package palace.migrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.ChromaRelease;
import palace.common.chroma.SourceDatabase;
import palace.common.files.FileDigest;
import palace.common.files.TreeDelete;
import palace.common.files.TreeDigest;
import palace.common.files.TreeSize;
import palace.common.lock.PalaceLock;
import palace.common.restore.Direction;
import palace.common.restore.Recovery;
import palace.common.snapshot.SnapshotStore;

/// What becomes of the palace when a migration dies, runs into a limit of the system, or loses what
/// it works on.
final class InterruptedMigrationTest {
  private static final int KILLED = 137;
  private static final long TERABYTE = 1L << 40;
  private static final long MEBIBYTE = 1L << 20;

  @TempDir Path directory;
  private Path palace;
  private SortedMap<String, FileDigest> before;

  @BeforeEach
  void palaceOfAnOldRelease() throws IOException {
    palace = FrozenPalace.unpack("0.6.3", directory).palace();
    before = TreeDigest.of(palace);
  }

  private static void migrate(Progress progress, Path palace) throws IOException {
    new PalaceMigrator(progress).migrate(SeparateMigration.request(palace));
  }

  private List<String> names() throws IOException {
    try (var entries = Files.list(directory)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }

  private List<Path> builds() throws IOException {
    try (var entries = Files.list(directory)) {
      return entries.filter(entry -> entry.toString().contains(".build-")).toList();
    }
  }

  private int moments() throws IOException {
    int[] count = new int[1];
    Path copy = FrozenPalace.unpack("0.6.3", directory.resolve("counted")).palace();
    migrate(SeparateMigration.moments(number -> count[0] = number + 1), copy);
    TreeDelete.delete(directory.resolve("counted"));
    assertThat(count[0]).as("moments of a migration").isGreaterThan(10);
    return count[0];
  }

  private boolean isOf(ChromaRelease release) throws IOException {
    try (var source = SourceDatabase.open(palace.resolve("chroma.sqlite3"))) {
      return source.database().schema().level().equals(release.level());
    }
  }

  private static int await(Process process) throws Exception {
    try {
      assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    return process.exitValue();
  }

  @Test
  void aBuildWhoseRunWasKilledIsNamedAndGoesWithTheNextRun() throws Exception {
    int moments = moments();
    var killed = new TreeSet<>(List.of(0, 1, moments / 3, 2 * moments / 3, moments - 1));
    int builds = 0;
    for (int moment : killed) {
      Process process = SeparateMigration.of(palace, moment, SeparateMigration.UNLIMITED).start();
      String said = new String(process.getInputStream().readAllBytes());
      assertThat(await(process)).as("moment %d of %d: %s", moment, moments, said).isEqualTo(KILLED);

      assertThat(TreeDigest.of(palace)).isEqualTo(before);
      // The run before, killed as well, left another one: it is gone.
      assertThat(builds()).hasSizeLessThanOrEqualTo(1);
      assertThat(Recovery.look(palace).leftovers()).containsExactlyElementsOf(real(builds()));
      assertThat(Recovery.look(palace).runs()).isEmpty();
      builds += builds().size();
    }
    assertThat(builds).as("runs that had begun to build").isGreaterThanOrEqualTo(killed.size() - 1);

    migrate(Progress.SILENT, palace);

    assertThat(names()).containsExactly("palace", "palace.ops");
    assertThat(isOf(ChromaRelease.NEWEST)).isTrue();
    assertThat(Recovery.look(palace).nothing()).isTrue();
  }

  private static List<Path> real(List<Path> paths) throws IOException {
    var real = new ArrayList<Path>();
    for (Path path : paths) {
      real.add(path.toRealPath());
    }
    return real;
  }

  @Test
  void whatIsThrownAtAnyMomentLeavesThePalaceAndNoBuild() throws IOException {
    int moments = moments();
    for (int last = 0; last < moments; last += 3) {
      int moment = last;
      Progress failing =
          SeparateMigration.moments(number -> {
            if (number == moment && number % 2 == 0) {
              throw new OutOfMemoryError("of the test");
            } else if (number == moment) {
              throw new IOException("of the test");
            }
          });

      assertThatThrownBy(() -> migrate(failing, palace))
          .as("moment %d", last)
          .hasStackTraceContaining("of the test");

      assertThat(TreeDigest.of(palace)).as("moment %d", last).isEqualTo(before);
      assertThat(names()).as("moment %d", last).containsExactly("palace", "palace.ops");
      assertThat(Recovery.look(palace).nothing()).isTrue();
    }
    migrate(Progress.SILENT, palace);
    assertThat(isOf(ChromaRelease.NEWEST)).isTrue();
  }

  /// A limit on the size of files is refused by the system in the middle of SQLite's own writes and
  /// of those of the index.
  @ParameterizedTest
  @ValueSource(doubles = {0.05, 0.4, 0.7})
  void aWriteThatTheSystemRefusesLeavesThePalaceAndNoBuild(double part) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/prlimit")), "cannot run here: no prlimit");
    long limit = (long) (part * Files.size(palace.resolve("chroma.sqlite3")));
    Process process = SeparateMigration.of(palace, -1, limit).start();
    String said = new String(process.getInputStream().readAllBytes());

    assertThat(await(process)).as(said).isZero();
    assertThat(said).contains("FAILED ").contains("nothing was changed");
    assertThat(TreeDigest.of(palace)).isEqualTo(before);
    assertThat(names()).containsExactly("palace", "palace.ops");
  }

  @Test
  void whatNeedsMoreThanTheDiskHasIsRefusedBeforeAnythingIsBuilt() throws IOException {
    try (var database = new RandomAccessFile(palace.resolve("chroma.sqlite3").toFile(), "rw")) {
      database.setLength(8 * TERABYTE);
    }

    assertThatThrownBy(() -> migrate(SeparateMigration.moments(number -> {}), palace))
        .isInstanceOf(PalaceException.Refused.class)
        .hasMessageContaining("bytes free")
        .hasMessageContaining("nothing was changed");

    assertThat(builds()).isEmpty();
    assertThat(palace.resolve("chroma.sqlite3")).hasSize(8 * TERABYTE);
  }

  @Test
  void aTerabyteOfHolesInAnIndexIsNotInflated() throws IOException {
    try (var files = Files.walk(palace)) {
      Path links = files.filter(file -> file.endsWith("link_lists.bin")).findFirst().orElseThrow();
      try (var sparse = new RandomAccessFile(links.toFile(), "rw")) {
        sparse.setLength(TERABYTE);
      }
    }
    long used = TreeSize.of(directory).allocatedBytes();

    migrate(Progress.SILENT, palace);

    assertThat(isOf(ChromaRelease.NEWEST)).isTrue();
    assertThat(TreeSize.of(directory).allocatedBytes() - used).isLessThan(16 * MEBIBYTE);
    var store = SnapshotStore.in(directory.resolve("palace.ops"));
    assertThat(store.verify(store.list().getFirst())).isEmpty();
  }

  /// Batches are held, never the palace. The full-text index of such a palace takes its time, so
  /// only a run of everything does this.
  @TestFactory
  Stream<DynamicTest> aPalaceLargerThanTheHeapIsMigrated() {
    return Stream.of(dynamicTest("60 MiB through 40 MiB", this::migrateMoreThanTheHeapHolds))
        .filter(test -> Boolean.getBoolean("palace.all"));
  }

  private void migrateMoreThanTheHeapHolds() throws Exception {
    try (var database = ChromaDatabase.openForWriting(palace.resolve("chroma.sqlite3"))) {
      int rows =
          database.execute(
              "UPDATE embedding_metadata SET string_value = printf('%.*c', 524288, 'x') || id"
                  + " WHERE key = 'chroma:document' AND id % 2 = 0");
      assertThat(rows * 524_288L).isGreaterThan(60 * MEBIBYTE);
    }

    Process process =
        SeparateMigration.of(palace, -1, SeparateMigration.UNLIMITED, "-Xmx40m").start();
    String said = new String(process.getInputStream().readAllBytes());

    assertThat(await(process)).as(said).isZero();
    assertThat(said).contains(SeparateMigration.DONE);
  }

  /// What is deleted while it is being migrated may live on in the build alone.
  @ParameterizedTest
  @ValueSource(doubles = {0.2, 0.5, 0.99})
  void aPalaceDeletedMeanwhileIsNoticedAndTheBuildIsKept(double part) throws IOException {
    int moments = moments();
    int moment = (int) (part * moments);
    Progress deleting =
        SeparateMigration.moments(number -> {
          if (number == moment) {
            TreeDelete.delete(palace);
          }
        });

    assertThatThrownBy(() -> migrate(deleting, palace))
        .isInstanceOf(PalaceException.Failed.class)
        .hasMessageContaining("is gone")
        .hasMessageContaining("palace.build-")
        .satisfies(e -> assertThat(((PalaceException) e).hint()).contains("palace recover"));

    assertThat(builds()).hasSize(1);
    assertThat(palace).doesNotExist();
    if (part > 0.9) {
      try (var lock = PalaceLock.acquire(palace, "recover")) {
        Recovery.settle(lock, palace, Direction.BACK, "0.2.0");
      }
      assertThat(isOf(ChromaRelease.NEWEST)).isTrue();
    }
  }

  @Test
  void onePalaceThatFailsLeavesAnotherThatSucceededAlone() throws IOException {
    Path other = FrozenPalace.unpack("1.0.15", directory.resolve("other")).palace();
    migrate(Progress.SILENT, other);
    var migrated = TreeDigest.of(directory.resolve("other"));
    Progress failing =
        SeparateMigration.moments(number -> {
          if (number == 3) {
            throw new IOException("of the test");
          }
        });

    assertThatThrownBy(() -> migrate(failing, palace)).hasStackTraceContaining("of the test");

    assertThat(TreeDigest.of(palace)).isEqualTo(before);
    assertThat(TreeDigest.of(directory.resolve("other"))).isEqualTo(migrated);
  }
}
