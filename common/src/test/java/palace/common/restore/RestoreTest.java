package palace.common.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.RunId;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.CollectionRow;
import palace.common.files.FileDigest;
import palace.common.files.TreeDelete;
import palace.common.files.TreeDigest;
import palace.common.restore.RestorePlan.CollectionChange;
import palace.common.snapshot.Snapshot;
import palace.common.snapshot.SnapshotEntry;
import palace.common.snapshot.SnapshotStore;
import palace.common.store.CollectionState;
import palace.common.store.ContentDigest;
import palace.common.store.Palace;
import palace.common.swap.MoveJournal;
import palace.common.swap.Occasion;
import palace.common.swap.PalacePaths;
import palace.common.swap.PalaceSwap;

/// Restoring palaces that real Chroma releases wrote.
final class RestoreTest {
  private static final RunId FIRST = new RunId("20261101T000000Z-aaaaaa");
  private static final String OLD_RELEASE = "1.5.0";
  private static final String NEW_RELEASE = "1.5.9";

  @TempDir Path parent;
  private Path palace;
  private SortedMap<String, FileDigest> old;

  @BeforeEach
  void palaceOfAnOldRelease() throws IOException {
    palace = FrozenPalace.unpack(OLD_RELEASE, parent.resolve("my palace#1"));
    old = TreeDigest.of(palace);
  }

  /// Lets the palace of a newer release take the place of the old one, as a migration does.
  private SortedMap<String, FileDigest> displace() throws IOException {
    var paths = PalacePaths.of(palace, FIRST);
    FrozenPalace.unpack(NEW_RELEASE, paths.build());
    var occasion = new Occasion(FIRST, "migrate", Instant.parse("2026-11-01T00:00:00Z"), "0.2.0");
    var displaced =
        PalaceSwap.onDisk().publish(paths.build(), paths, occasion, MoveJournal.Purpose.migrate());
    SnapshotStore.in(paths.ops()).file(displaced, Snapshot.Known.NOTHING);
    return TreeDigest.of(palace);
  }

  private RestoreReport restore(RunId id) throws IOException {
    return new Restore(Progress.SILENT).restore(RestoreRequest.of(palace, id.value(), "0.2.0"));
  }

  private SnapshotStore store() throws IOException {
    return SnapshotStore.in(PalacePaths.opsOf(palace));
  }

  private Map<String, String> contentDigests() throws IOException {
    var digests = new TreeMap<String, String>();
    try (Palace opened = Palace.open(palace)) {
      for (CollectionRow row : opened.collections()) {
        try (CollectionState state = opened.open(row)) {
          digests.put(row.label(), ContentDigest.of(state, 100));
        }
      }
    }
    return digests;
  }

  @Test
  void aDisplacedPalaceComesBackFileByFileAndTheRestoreCanBeRestored() throws IOException {
    SortedMap<String, FileDigest> fresh = displace();
    assertThat(fresh).isNotEqualTo(old);

    RestoreReport back = restore(FIRST);

    assertThat(TreeDigest.of(palace)).isEqualTo(old);
    RunId undo = back.undo().orElseThrow();
    assertThat(store().find(FIRST)).isEmpty();
    Snapshot kept = ((SnapshotEntry.Kept) store().find(undo).orElseThrow()).snapshot();
    assertThat(kept.restored()).contains(FIRST);
    assertThat(kept.scope()).isEqualTo(Snapshot.Scope.ASIDE);
    assertThat(store().verify(store().find(undo).orElseThrow())).isEmpty();

    assertThat(restore(FIRST).outcome()).isEqualTo(new RestoreReport.Outcome.AlreadyInPlace(undo));
    assertThat(new Restore(Progress.SILENT).plan(palace, FIRST.value()))
        .isEqualTo(new RestorePlan.AlreadyInPlace(palace.toRealPath(), FIRST, undo));

    restore(undo);
    assertThat(TreeDigest.of(palace)).isEqualTo(fresh);
    assertThat(Recovery.look(palace).nothing()).isTrue();
  }

  @Test
  void aFullSnapshotIsCopiedBackAndStays() throws IOException {
    Map<String, String> digests = contentDigests();
    Snapshot full = take(Snapshot.Scope.FULL);
    assertThat(full.known().drawers()).isPresent();
    assertThat(full.known().collections()).hasSameSizeAs(digests);
    digests.forEach((label, digest) ->
        assertThat(Objects.requireNonNull(full.known().collections().get(label)).contentDigest())
            .isEqualTo(digest));
    SortedMap<String, FileDigest> fresh = displace();

    for (int time = 1; time <= 2; time++) {
      RestoreReport report = restore(full.id());
      assertThat(contentDigests()).isEqualTo(digests);
      assertThat(segments(TreeDigest.of(palace))).isEqualTo(segments(old));
      assertThat(store().verify(store().find(full.id()).orElseThrow())).isEmpty();
      restore(report.undo().orElseThrow());
      assertThat(TreeDigest.of(palace)).isEqualTo(fresh);
    }
  }

  private static SortedMap<String, FileDigest> segments(SortedMap<String, FileDigest> tree) {
    var segments = new TreeMap<>(tree);
    segments.keySet().removeIf(name -> !name.contains("/") || name.startsWith(".palace"));
    return segments;
  }

  private Snapshot take(Snapshot.Scope scope) throws IOException {
    return new TakeSnapshot(Progress.SILENT)
        .take(new TakeSnapshot.Request(palace, scope, Duration.ZERO, "0.2.0"));
  }

  @Test
  void aSnapshotOfTheDatabaseTakesBackWhatWasDeletedSince() throws IOException {
    Map<String, String> digests = contentDigests();
    Snapshot snapshot = take(Snapshot.Scope.DATABASE);
    String gone = forgetADrawer();
    Map<String, String> without = contentDigests();
    assertThat(without).isNotEqualTo(digests);

    var plan =
        (RestorePlan.PutBack) new Restore(Progress.SILENT).plan(palace, snapshot.id().value());
    assertThat(plan.verified()).isTrue();
    assertThat(plan.unread()).isEmpty();
    assertThat(plan.collections().stream().map(CollectionChange::returning).flatMap(List::stream))
        .containsExactly(gone);
    assertThat(plan.disappearing() + plan.changing()).isZero();
    assertThat(plan.segmentsChanged()).isEmpty();

    RestoreReport report = restore(snapshot.id());
    assertThat(contentDigests()).isEqualTo(digests);
    assertThat(segments(TreeDigest.of(palace))).isEqualTo(segments(old));

    var undo =
        (RestorePlan.PutBack)
            new Restore(Progress.SILENT).plan(palace, report.undo().orElseThrow().value());
    assertThat(undo.disappearing()).isEqualTo(1);
    restore(report.undo().orElseThrow());
    assertThat(contentDigests()).isEqualTo(without);
  }

  private String forgetADrawer() throws IOException {
    try (ChromaDatabase database =
        ChromaDatabase.openForWriting(palace.resolve("chroma.sqlite3"))) {
      long row = database.number("SELECT min(id) FROM embeddings");
      String id =
          database
              .first("SELECT embedding_id FROM embeddings WHERE id=?", found -> found.text(1), row)
              .orElseThrow();
      database.execute("DELETE FROM embedding_metadata WHERE id=" + row);
      database.execute("DELETE FROM embeddings WHERE id=" + row);
      database.execute("DELETE FROM embeddings_queue WHERE id='" + id + "'");
      return id;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"flipped", "truncated", "missing", "extra", "description"})
  void aDamagedSnapshotIsFoundAndNotPutBack(String damage) throws IOException {
    SortedMap<String, FileDigest> fresh = displace();
    Path folder = store().find(FIRST).orElseThrow().directory();
    Path file = folder.resolve("palace/chroma.sqlite3");
    switch (damage) {
      case "flipped" -> {
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
      }
      case "truncated" -> Files.write(file, new byte[100]);
      case "missing" -> Files.delete(file);
      case "extra" -> Files.writeString(folder.resolve("palace/more"), "more");
      default -> Files.writeString(folder.resolve("snapshot.json"), "{");
    }

    assertThat(store().verify(store().find(FIRST).orElseThrow())).isNotEmpty();
    assertThatThrownBy(() -> restore(FIRST))
        .isInstanceOf(PalaceException.Refused.class)
        .hasMessageContaining(folder.toString())
        .hasMessageContaining("nothing was changed");
    assertThat(TreeDigest.of(palace)).isEqualTo(fresh);
    assertThat(store().find(FIRST)).isPresent();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aPalaceThatIsMissingOrEmptyIsRestoredAllTheSame(boolean empty) throws IOException {
    displace();
    TreeDelete.delete(palace);
    if (empty) {
      Files.createDirectory(palace);
    }

    RestoreReport report = restore(FIRST);

    assertThat(report.undo()).isEmpty();
    assertThat(TreeDigest.of(palace)).isEqualTo(old);
    assertThat(store().list()).isEmpty();
    assertThat(Recovery.look(palace).nothing()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"../x", "/etc", "", ".", "20261101T000000Z-bbbbbb"})
  void anIdThatIsNoneIsRefused(String id) throws IOException {
    displace();
    assertThatThrownBy(
            () -> new Restore(Progress.SILENT).restore(RestoreRequest.of(palace, id, "0.2.0")))
        .isInstanceOf(PalaceException.Refused.class)
        .hasMessageContaining("nothing was changed");
  }

  @Test
  void planningWritesNothing() throws IOException {
    displace();
    SortedMap<String, FileDigest> before = TreeDigest.of(parent);
    var plan = (RestorePlan.PutBack) new Restore(Progress.SILENT).plan(palace, FIRST.value());
    assertThat(plan.verified()).isTrue();
    assertThat(plan.neededBytes()).isZero();
    assertThat(plan.unread()).isEqualTo(Optional.empty());
    assertThat(TreeDigest.of(parent)).isEqualTo(before);
  }

  @Test
  void aConfinedPalaceIsRestoredEntryByEntry() throws IOException {
    Files.createDirectory(palace.resolve("locks"));
    Files.writeString(palace.resolve("config.json"), "{}");
    Map<String, String> digests = contentDigests();
    Snapshot full = take(Snapshot.Scope.FULL);
    forgetADrawer();
    Map<String, String> without = contentDigests();

    Files.writeString(palace.resolve("locks/held"), "by somebody");
    RestoreReport report = restore(full.id());

    assertThat(contentDigests()).isEqualTo(digests);
    assertThat(palace.resolve("locks/held")).exists();
    assertThat(Recovery.look(palace).nothing()).isTrue();
    assertThat(parent.toFile().list()).containsExactly("my palace#1");
    restore(report.undo().orElseThrow());
    assertThat(contentDigests()).isEqualTo(without);
    assertThat(palace.resolve("locks")).isDirectory();
    assertThat(Recovery.look(palace).nothing()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theSameFullSnapshotCanBeRestoredAgainOverItself(boolean confined) throws IOException {
    if (confined) {
      Files.createDirectory(palace.resolve("locks"));
    }
    Map<String, String> digests = contentDigests();
    Snapshot full = take(Snapshot.Scope.FULL);
    restore(full.id());
    RunId first = restore(full.id()).undo().orElseThrow();
    assertThat(contentDigests()).isEqualTo(digests);
    assertThat(store().verify(store().find(first).orElseThrow())).isEmpty();
  }
}
