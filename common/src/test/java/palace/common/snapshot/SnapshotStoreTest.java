package palace.common.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import palace.common.PalaceException;
import palace.common.RunId;
import palace.common.files.FaultyFileOps;
import palace.common.files.Listing;
import palace.common.files.TreeDelete;
import palace.common.files.TreeDigest;
import palace.common.swap.Occasion;
import palace.common.swap.PalacePaths;

final class SnapshotStoreTest {
  private static final RunId RUN = new RunId("20261121T034700Z-1a2b3c");
  private static final RunId LATER = new RunId("20261122T034700Z-000000");
  private static final Instant TIME = Instant.parse("2026-11-21T03:47:00Z");
  private static final String ABC =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  @TempDir Path parent;
  private PalacePaths paths;
  private final Occasion occasion = new Occasion(RUN, "migrate", TIME, "0.1.0");

  @BeforeEach
  void palace() throws IOException {
    Path palace = Files.createDirectory(parent.resolve("palace"));
    paths = PalacePaths.of(palace, RUN);
    Files.createDirectory(paths.aside());
    Files.writeString(paths.aside().resolve("chroma.sqlite3"), "abc");
  }

  @Test
  void anAsideIsFiledWholeAndSaysWhatItHolds() throws IOException {
    var store = SnapshotStore.in(paths.ops());
    var snapshot = store.file(paths, occasion, Optional.empty(), Snapshot.Known.NOTHING);

    assertThat(paths.aside()).doesNotExist();
    assertThat(paths.snapshot().resolve("palace/chroma.sqlite3")).hasContent("abc");
    assertThat(snapshot.files()).containsOnlyKeys("palace/chroma.sqlite3");
    assertThat(snapshot.bytes()).isEqualTo(3);
    var json = new ObjectMapper().readTree(paths.snapshot().resolve("snapshot.json").toFile());
    assertThat(json.path("scope").asText()).isEqualTo("aside");
    assertThat(json.path("created").asText()).isEqualTo("2026-11-21T03:47:00Z");
    assertThat(json.path("files").path("palace/chroma.sqlite3").path("sha256").asText())
        .isEqualTo(ABC);
    assertThat(Files.getPosixFilePermissions(paths.snapshot()))
        .isEqualTo(PosixFilePermissions.fromString("rwx------"));
    assertThat(store.list()).containsExactly(new SnapshotEntry.Kept(paths.snapshot(), snapshot));
  }

  @Test
  void whereverFilingFailsTheAsideIsWholeUnderOneOfItsNames() throws IOException {
    var content = TreeDigest.of(paths.aside());
    var counting = FaultyFileOps.counting();
    new SnapshotStore(counting, parent.resolve("elsewhere.ops"))
        .file(paths, occasion, Optional.empty(), Snapshot.Known.NOTHING);
    assertThat(counting.steps()).hasSize(9);
    for (int failing = 1; failing <= 9; failing++) {
      int number = failing;
      Path ops = parent.resolve(failing + ".ops");
      var faulty =
          new FaultyFileOps((step, real) -> {
            if (step.number() == number) {
              throw new IOException("injected");
            }
            real.run();
          });
      Files.createDirectories(paths.aside());
      Files.writeString(paths.aside().resolve("chroma.sqlite3"), "abc");
      var store = new SnapshotStore(faulty, ops);
      assertThat(
              catchThrowable(
                  () -> store.file(paths, occasion, Optional.empty(), Snapshot.Known.NOTHING)))
          .hasMessage("injected");

      Path filed = ops.resolve("snapshots").resolve(RUN.value()).resolve("palace");
      Path whole = Files.exists(filed) ? filed : paths.aside();
      assertThat(TreeDigest.of(whole)).as("step " + failing).isEqualTo(content);
      // Steps 7, 8, 9 write snapshot.json; at the last of them only its flush is missing.
      assertThat(SnapshotStore.in(ops).list())
          .allMatch(entry -> entry instanceof SnapshotEntry.Damaged == number < 9);
    }
  }

  @Test
  void theSnapshotOfARepairIsSealedAgainWithTheSegmentsMovedIntoIt() throws IOException {
    var snapshot = SnapshotStore.in(paths.ops()).beginDatabase(paths, occasion);
    Files.writeString(snapshot.database(), "abc");
    assertThat(snapshot.seal().files()).containsOnlyKeys("chroma.sqlite3");

    Path segment = Files.createDirectories(paths.snapshot().resolve("segments/5b1c"));
    Files.writeString(segment.resolve("data_level0.bin"), "abc");
    var resumed = SnapshotStore.in(paths.ops()).resumeDatabase(paths, occasion).orElseThrow();
    var sealed = resumed.seal();

    assertThat(sealed.files()).containsOnlyKeys("chroma.sqlite3", "segments/5b1c/data_level0.bin");
    assertThat(sealed.files().get("segments/5b1c/data_level0.bin").sha256()).isEqualTo(ABC);
    assertThat(sealed.scope()).isEqualTo(Snapshot.Scope.DATABASE);
    assertThatThrownBy(resumed::discard).isInstanceOf(IllegalStateException.class);

    TreeDelete.delete(segment);
    resumed.discard();
    assertThat(paths.snapshot()).doesNotExist();
    assertThat(SnapshotStore.in(paths.ops()).resumeDatabase(paths, occasion)).isEmpty();
  }

  @Test
  void theCopyOfARepairIsPutBackWithoutTheLeftoversOfSqlite() throws IOException {
    Path live = Files.writeString(paths.palace().resolve("chroma.sqlite3"), "half repaired");
    Files.setPosixFilePermissions(live, PosixFilePermissions.fromString("rw-rw----"));
    for (String suffix : List.of("-wal", "-shm", "-journal")) {
      Files.writeString(paths.palace().resolve("chroma.sqlite3" + suffix), "stale");
    }

    sealedSnapshot(FaultyFileOps.counting()).putBack();

    assertThat(live).hasContent("abc");
    assertThat(Files.getPosixFilePermissions(live))
        .isEqualTo(PosixFilePermissions.fromString("rw-rw----"));
    assertThat(Listing.of(paths.palace())).containsExactly(live);
  }

  @Test
  void puttingTheCopyBackMayFailAtAnyStepAndBeRepeatedAndWritesNoFile() throws IOException {
    Path live = Files.writeString(paths.palace().resolve("chroma.sqlite3"), "half repaired");
    // Flush, three deletions, flush, rename, two flushes.
    for (int step = 1; step <= 8; step++) {
      var remaining = new java.util.concurrent.atomic.AtomicInteger(Integer.MAX_VALUE);
      var ops =
          new FaultyFileOps((at, real) -> {
            if (remaining.decrementAndGet() == 0) {
              throw new IOException("the disk");
            }
            real.run();
          });
      var snapshot = sealedSnapshot(ops);
      int before = ops.steps().size();
      remaining.set(step);

      assertThatThrownBy(snapshot::putBack).hasMessage("the disk");

      assertThat(live).hasContent(step < 7 ? "half repaired" : "abc");
      if (step < 7) {
        assertThat(snapshot.database()).hasContent("abc");
        snapshot.putBack();
        assertThat(live).hasContent("abc");
      }
      assertThat(ops.steps().subList(before, ops.steps().size()))
          .extracting(FaultyFileOps.Step::operation)
          .containsOnly("force", "delete", "rename");
      Files.writeString(live, "half repaired");
      TreeDelete.delete(paths.snapshot());
    }
  }

  @Test
  void aSnapshotThatRottedIsNotPutInPlace() throws IOException {
    Path live = Files.writeString(paths.palace().resolve("chroma.sqlite3"), "half repaired");
    Path wal = Files.writeString(paths.palace().resolve("chroma.sqlite3-wal"), "rows");
    var snapshot = sealedSnapshot(FaultyFileOps.counting());
    Files.writeString(snapshot.database(), "abd");
    assertThatThrownBy(snapshot::putBack).hasMessageContaining("sealed was");
    assertThat(live).hasContent("half repaired");
    assertThat(wal).hasContent("rows");
    assertThat(snapshot.database()).hasContent("abd");
    assertThat(Listing.of(paths.palace())).containsExactly(live, wal);
  }

  private DatabaseSnapshot sealedSnapshot(FaultyFileOps ops) throws IOException {
    var snapshot = new SnapshotStore(ops, paths.ops()).beginDatabase(paths, occasion);
    Files.writeString(snapshot.database(), "abc");
    snapshot.seal();
    return snapshot;
  }

  @Test
  void aRepairThatCannotHaveASnapshotIsRefused() throws IOException {
    SnapshotStore.in(paths.ops()).beginDatabase(paths, occasion);
    assertThatThrownBy(() -> SnapshotStore.in(paths.ops()).beginDatabase(paths, occasion))
        .isInstanceOf(PalaceException.Refused.class)
        .hasMessageContaining("nothing was changed");
    Path file = Files.writeString(parent.resolve("file"), "");
    assertThatThrownBy(() -> SnapshotStore.in(file).beginDatabase(paths, occasion))
        .isInstanceOf(PalaceException.Refused.class);
  }

  @Test
  void theListIsNewestFirstAndNamesWhatIsDamaged() throws IOException {
    var store = SnapshotStore.in(paths.ops());
    assertThat(store.list()).isEmpty();
    var snapshot = store.file(paths, occasion, Optional.empty(), Snapshot.Known.NOTHING);
    Path later = Files.createDirectory(paths.snapshot().resolveSibling(LATER.value()));
    Files.createDirectory(later.resolveSibling("not a run"));
    Files.createSymbolicLink(later.resolveSibling("20991122T034700Z-000000"), paths.snapshot());
    var kept = new SnapshotEntry.Kept(paths.snapshot(), snapshot);
    for (String json :
        List.of(
            "",
            "{",
            "[]",
            "{}",
            "null",
            "{\"formatVersion\":1}",
            "{\"formatVersion\":1,\"files\":3,\"id\":7}",
            Files.readString(paths.snapshot().resolve("snapshot.json")))) {
      Files.writeString(later.resolve("snapshot.json"), json);
      assertThat(store.list()).hasSize(2).last().isEqualTo(kept);
      assertThat(store.list().getFirst()).as(json).isInstanceOf(SnapshotEntry.Damaged.class);
    }
    Files.delete(later.resolve("snapshot.json"));
    assertThat(store.list().getFirst())
        .isEqualTo(new SnapshotEntry.Damaged(later, "has no snapshot.json"));
  }
}
