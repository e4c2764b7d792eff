package palace.common.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import palace.common.Progress;
import palace.common.RunId;
import palace.common.files.FaultyFileOps;
import palace.common.files.FileDigest;
import palace.common.files.FileOps;
import palace.common.files.Listing;
import palace.common.files.TreeDelete;
import palace.common.files.TreeDigest;
import palace.common.snapshot.Snapshot;
import palace.common.snapshot.SnapshotEntry;
import palace.common.snapshot.SnapshotStore;
import palace.common.swap.Occasion;
import palace.common.swap.PalacePaths;
import palace.common.swap.Seal;

/// A directory with a palace of a few bytes in it, `today`, and one snapshot of it as it was,
/// `then`.
final class SmallWorld {
  static final RunId KEPT = new RunId("20261101T000000Z-aaaaaa");
  static final Instant NOW = Instant.parse("2026-11-21T03:47:00Z");
  static final Clock CLOCK = Clock.fixed(NOW, ZoneOffset.UTC);
  static final String SHARED = "00000000-0000-0000-0000-000000000001";
  static final String OLD_SEGMENT = "00000000-0000-0000-0000-000000000002";
  static final String NEW_SEGMENT = "00000000-0000-0000-0000-000000000003";

  final Path home;
  final Path palace;
  final Path ops;
  final SortedMap<String, FileDigest> today;
  final SortedMap<String, FileDigest> then;

  private SmallWorld(Path home, Path palace, Path ops, SortedMap<String, FileDigest> then)
      throws IOException {
    this.home = home;
    this.palace = palace;
    this.ops = ops;
    this.then = then;
    today = found(palace);
  }

  /// What ends a process without a chance to clean up: every step from one on is never made.
  static final class Killed extends Error {
    private static final long serialVersionUID = 1L;
  }

  static FaultyFileOps killedAt(int number) {
    return new FaultyFileOps((step, real) -> {
      if (step.number() >= number) {
        throw new Killed();
      }
      real.run();
    });
  }

  static FaultyFileOps failingAt(int number, boolean forEver) {
    return new FaultyFileOps((step, real) -> {
      if (step.number() == number || forEver && step.number() > number) {
        throw new IOException("injected");
      }
      real.run();
    });
  }

  /// A world whose snapshot is of that scope.
  static SmallWorld with(Snapshot.Scope scope, Path home) throws IOException {
    Path palace = Files.createDirectories(home.resolve("palace"));
    tree(palace, "today", NEW_SEGMENT);
    return with(scope, home, palace, Files.createDirectory(home.resolve("palace.ops")));
  }

  /// As [#with], but the palace is MemPalace's config folder, so that its entries are exchanged one
  /// by one; it has a seal, and so does a whole snapshot.
  static SmallWorld confined(Snapshot.Scope scope, Path home) throws IOException {
    Path palace = Files.createDirectories(home.resolve("palace"));
    Path ops = Files.createDirectories(palace.resolve(".palace").resolve("ops"));
    tree(palace, "today", NEW_SEGMENT);
    Files.writeString(palace.resolve("config.json"), "{}");
    Files.writeString(palace.resolve(Seal.NAME), "seal today");
    return with(scope, home, palace, ops);
  }

  private static SmallWorld with(Snapshot.Scope scope, Path home, Path palace, Path ops)
      throws IOException {
    Path snapshot = Files.createDirectories(ops.resolve("snapshots").resolve(KEPT.value()));
    SortedMap<String, FileDigest> then;
    if (scope == Snapshot.Scope.DATABASE) {
      Files.writeString(snapshot.resolve("chroma.sqlite3"), "database then");
      segment(snapshot.resolve("segments"), OLD_SEGMENT, "then");
      then = new TreeMap<>(found(palace));
      then.keySet().removeIf(name -> name.startsWith(NEW_SEGMENT));
      then.put("chroma.sqlite3", TreeDigest.ofFile(snapshot.resolve("chroma.sqlite3")));
      TreeDigest.of(snapshot.resolve("segments")).forEach(then::put);
    } else {
      Path whole = Files.createDirectory(snapshot.resolve("palace"));
      tree(whole, "then", OLD_SEGMENT);
      if (ops.startsWith(palace)) {
        Files.createDirectory(whole.resolve(".palace"));
        Files.writeString(whole.resolve(Seal.NAME), "seal then");
      }
      then = TreeDigest.of(whole);
    }
    Path before = Files.createDirectory(home.resolve("before"));
    tree(before, "then", OLD_SEGMENT);
    describe(before, ops, snapshot, scope);
    TreeDelete.delete(before);
    return new SmallWorld(home, palace, ops, then);
  }

  private static void describe(Path palace, Path ops, Path snapshot, Snapshot.Scope scope)
      throws IOException {
    var occasion = new Occasion(KEPT, "migrate", NOW, "0.2.0");
    new SnapshotStore(FileOps.real(), ops)
        .describe(palace, snapshot, occasion, Optional.empty(), Snapshot.Known.NOTHING);
    if (scope == Snapshot.Scope.FULL) {
      Path json = snapshot.resolve("snapshot.json");
      Files.writeString(json, Files.readString(json).replace("\"aside\"", "\"full\""));
    }
  }

  static void tree(Path palace, String text, String segment) throws IOException {
    Files.writeString(palace.resolve("chroma.sqlite3"), "database " + text);
    segment(palace, SHARED, "shared");
    segment(palace, segment, text);
    Files.writeString(palace.resolve("notes.txt"), "notes " + text);
  }

  static void segment(Path parent, String id, String text) throws IOException {
    Path directory = Files.createDirectories(parent.resolve(id));
    Files.writeString(directory.resolve("data_level0.bin"), text);
  }

  RestoreReport restore(FileOps fileOps) throws IOException {
    return new Restore(Progress.SILENT, CLOCK, fileOps)
        .restore(RestoreRequest.of(palace, KEPT.value(), "0.2.0"));
  }

  Settled settle(FileOps fileOps, Direction direction) throws IOException {
    return new Recovery(fileOps, CLOCK, palace, "0.2.0").settle(direction);
  }

  SortedMap<String, FileDigest> found() throws IOException {
    return found(palace);
  }

  /// What an exchange moves: not the folders of runs, and not MemPalace's own file.
  private static SortedMap<String, FileDigest> found(Path palace) throws IOException {
    return TreeDigest.of(
        palace,
        name ->
            !name.equals("config.json")
                && !name.startsWith(".palace/ops")
                && !name.startsWith(".palace/build-"));
  }

  boolean isConfined() {
    return ops.startsWith(palace);
  }

  boolean isAsToday() throws IOException {
    return Files.isDirectory(palace) && found().equals(today);
  }

  boolean isAsThen() throws IOException {
    return Files.isDirectory(palace)
        && withoutSeal(found()).equals(withoutSeal(then))
        && sealFits();
  }

  /// A copy that is put in place is sealed anew.
  private boolean sealFits() throws IOException {
    FileDigest seal = found().get(Seal.NAME);
    return Objects.equals(seal, then.get(Seal.NAME))
        || Seal.read(palace).filter(read -> !read.origin().run().equals(KEPT.value())).isPresent();
  }

  private static SortedMap<String, FileDigest> withoutSeal(SortedMap<String, FileDigest> files) {
    var rest = new TreeMap<>(files);
    rest.remove(Seal.NAME);
    return rest;
  }

  /// Nothing is half done any more, and no state was lost: the palace is one of the two, and every
  /// snapshot is whole and verifies.
  void requireSettled(String situation) throws IOException {
    assertThat(isAsToday() ^ isAsThen()).as(situation + ": today xor then: " + found()).isTrue();
    if (isConfined()) {
      assertThat(names(home)).as(situation).containsExactly("palace");
      assertThat(names(palace.resolve(".palace"))).as(situation).isSubsetOf("ops", "seal.json");
      assertThat(palace.resolve("config.json")).as(situation).hasContent("{}");
    } else {
      assertThat(names(home)).as(situation).containsExactly("palace", "palace.ops");
    }
    assertThat(names(ops))
        .as(situation)
        .isSubsetOf("history.jsonl", "history.lock", "lock", "snapshots");
    assertThat(Recovery.look(palace).nothing()).as(situation).isTrue();
    var store = SnapshotStore.in(ops);
    List<SnapshotEntry> entries = store.list();
    for (SnapshotEntry entry : entries) {
      assertThat(store.verify(entry)).as(situation + ": " + entry.directory()).isEmpty();
    }
    boolean keptIsThere = store.find(KEPT).isPresent();
    if (isAsToday()) {
      assertThat(keptIsThere).as(situation + ": the snapshot is still there").isTrue();
      assertThat(entries).as(situation).hasSize(1);
    } else {
      var displaced =
          entries.stream()
              .filter(entry -> entry.toString().contains("restored=Optional[" + KEPT))
              .toList();
      assertThat(displaced).as(situation + ": what was there is kept").hasSize(1);
    }
    assertThat(names(palace)).as(situation).noneMatch(name -> name.startsWith(".chroma"));
  }

  static List<String> names(Path directory) throws IOException {
    return Listing.of(directory).stream().map(path -> path.getFileName().toString()).toList();
  }

  PalacePaths paths(RunId run) throws IOException {
    return PalacePaths.of(palace, run);
  }
}
