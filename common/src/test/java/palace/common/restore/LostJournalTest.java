package palace.common.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import palace.common.PalaceException;
import palace.common.RunId;
import palace.common.files.FileOps;
import palace.common.files.Listing;
import palace.common.files.TreeDigest;
import palace.common.snapshot.Snapshot;
import palace.common.snapshot.SnapshotEntry;
import palace.common.snapshot.SnapshotStore;
import palace.common.swap.Seal;

/// What the directory listing alone settles.
final class LostJournalTest {
  private static final RunId RUN = new RunId("20261121T010000Z-000001");
  private static final RunId LATER = new RunId("20261121T020000Z-000002");

  @TempDir Path home;
  private SmallWorld world;

  @BeforeEach
  void world() throws IOException {
    world = SmallWorld.with(Snapshot.Scope.ASIDE, home);
  }

  private Path sibling(String kind, RunId run) throws IOException {
    return Files.createDirectory(home.resolve("palace." + kind + "-" + run));
  }

  private static void seal(Path tree, RunId run) throws IOException {
    var origin = new Seal.Origin(run.value(), "0.2.0", SmallWorld.NOW, "1.0", "1.5.9");
    Seal.of(tree, origin, Map.of(), java.util.List.of()).write(tree);
  }

  @Test
  void buildsAndWorkFoldersOfDeadRunsGoAndTheFilesOfOthersStay() throws IOException {
    Files.writeString(sibling("build", RUN).resolve("half"), "half");
    sibling("incoming", LATER);
    Files.createDirectories(world.palace.resolve(".palace").resolve("repair-" + RUN));
    Files.writeString(world.palace.resolve(".chroma.sqlite3-" + RUN), "copy");
    Files.createDirectory(home.resolve("palace.aside-mine"));
    Files.createDirectory(home.resolve("palace.old"));
    assertThat(Recovery.look(world.palace).leftovers()).hasSize(4);

    Settled settled = world.settle(FileOps.real(), Direction.BACK);

    assertThat(settled.sentences()).hasSize(5).allMatch(text -> text.endsWith("was deleted"));
    assertThat(SmallWorld.names(home))
        .containsExactly("palace", "palace.aside-mine", "palace.old", "palace.ops");
    assertThat(TreeDigest.of(world.palace)).isEqualTo(world.today);
    assertThat(world.palace.resolve(".palace")).doesNotExist();
    assertThat(world.settle(FileOps.real(), Direction.BACK).nothing()).isTrue();
  }

  @Test
  void anAsideThatItsOwnRunSealedIsABuildAndGoes() throws IOException {
    Path aside = sibling("aside", RUN);
    SmallWorld.tree(aside, "new", SmallWorld.NEW_SEGMENT);
    seal(aside, RUN);
    world.settle(FileOps.real(), Direction.BACK);
    assertThat(aside).doesNotExist();
    assertThat(SnapshotStore.in(world.ops).list()).hasSize(1);
  }

  @Test
  void anyOtherAsideBecomesTheSnapshotOfItsRun() throws IOException {
    Path aside = sibling("aside", RUN);
    SmallWorld.tree(aside, "before", SmallWorld.OLD_SEGMENT);
    seal(aside, LATER);
    var content = TreeDigest.of(aside);
    world.settle(FileOps.real(), Direction.BACK);
    var store = SnapshotStore.in(world.ops);
    SnapshotEntry entry = store.find(RUN).orElseThrow();
    assertThat(store.verify(entry)).isEmpty();
    assertThat(TreeDigest.of(entry.directory().resolve("palace"))).isEqualTo(content);
  }

  @Test
  void aSnapshotThatWasBeingRestoredGetsItsTreeBack() throws IOException {
    Path kept = world.ops.resolve("snapshots").resolve(SmallWorld.KEPT.value());
    Files.move(kept.resolve("palace"), home.resolve("palace.aside-" + RUN));
    world.settle(FileOps.real(), Direction.BACK);
    world.requireSettled("journal lost before the exchange");
    assertThat(world.isAsToday()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whereThereIsNoPalaceTheNewestTreeThatWasOneGoesBack(boolean empty) throws IOException {
    Path older = sibling("aside", RUN);
    SmallWorld.tree(older, "older", SmallWorld.OLD_SEGMENT);
    Files.move(world.palace, home.resolve("palace.aside-" + LATER));
    Path build = sibling("build", LATER);
    SmallWorld.tree(build, "new", SmallWorld.NEW_SEGMENT);
    seal(build, LATER);
    if (empty) {
      Files.createDirectory(world.palace);
    }
    assertThat(Recovery.look(world.palace).missing()).isTrue();

    world.settle(FileOps.real(), Direction.BACK);

    assertThat(world.isAsToday()).isTrue();
    assertThat(SnapshotStore.in(world.ops).find(RUN)).isPresent();
    assertThat(SmallWorld.names(home)).containsExactly("palace", "palace.ops");
  }

  @Test
  void whereNothingElseIsLeftACompleteBuildGoesForward() throws IOException {
    Path build = sibling("build", RUN);
    SmallWorld.tree(build, "new", SmallWorld.NEW_SEGMENT);
    seal(build, RUN);
    Files.move(world.palace, home.resolve("taken away"));
    world.settle(FileOps.real(), Direction.BACK);
    assertThat(world.palace.resolve("notes.txt")).hasContent("notes new");
  }

  @Test
  void anIncompleteBuildIsKeptWhereThereIsNoPalace() throws IOException {
    Path build = sibling("build", RUN);
    SmallWorld.tree(build, "new", SmallWorld.NEW_SEGMENT);
    seal(build, RUN);
    Files.writeString(build.resolve("chroma.sqlite3"), "torn");
    Files.move(world.palace, home.resolve("taken away"));
    Settled settled = world.settle(FileOps.real(), Direction.BACK);
    assertThat(settled.warnings()).singleElement().asString().contains(build.toString());
    assertThat(build).exists();
    assertThat(world.palace).doesNotExist();
  }

  @Test
  void foldersWithoutDescriptionGoWhenEmptyOrUnfinishedAndAreDescribedOtherwise()
      throws IOException {
    Path snapshots = world.ops.resolve("snapshots");
    Files.createDirectory(snapshots.resolve(RUN.value()));
    Path unfinished = Files.createDirectory(snapshots.resolve(LATER.value()));
    Files.createFile(unfinished.resolve(".unfinished"));
    Files.writeString(unfinished.resolve("chroma.sqlite3"), "half");
    Path whole = Files.createDirectory(snapshots.resolve("20261121T030000Z-000003"));
    SmallWorld.tree(
        Files.createDirectory(whole.resolve("palace")), "before", SmallWorld.OLD_SEGMENT);

    world.settle(FileOps.real(), Direction.BACK);

    assertThat(Listing.of(snapshots))
        .containsExactly(snapshots.resolve(SmallWorld.KEPT.value()), whole);
    var store = SnapshotStore.in(world.ops);
    assertThat(store.list()).hasSize(2).allMatch(SnapshotEntry.Kept.class::isInstance);
  }

  @Test
  void anUnreadableJournalIsKeptAsEvidenceWhenTheListingSettlesEverything() throws IOException {
    Files.move(world.palace, home.resolve("palace.aside-" + RUN));
    Path journal = world.ops.resolve("journal-" + RUN + ".json");
    Files.writeString(journal, "{\"formatVersion\":");
    Settled settled = world.settle(FileOps.real(), Direction.BACK);
    assertThat(world.isAsToday()).isTrue();
    assertThat(journal).doesNotExist();
    assertThat(world.ops.resolve("journal-" + RUN + ".json.unreadable")).exists();
    assertThat(settled.warnings()).hasSize(1);
    assertThat(world.ops.resolve("history.jsonl")).content().contains("\"0.2.0\"");
  }

  @Test
  void anUnreadableJournalOfAnExchangeOfEntriesNeedsAPerson() throws IOException {
    Path journal = world.ops.resolve("journal-" + RUN + ".json");
    Files.writeString(journal, "{\"formatVersion\":");
    Path folder = Files.createDirectory(world.ops.resolve("snapshots").resolve(RUN.value()));
    Files.writeString(folder.resolve("chroma.sqlite3"), "out");
    assertThatThrownBy(() -> world.settle(FileOps.real(), Direction.BACK))
        .isInstanceOf(PalaceException.PersonNeeded.class)
        .hasMessageContaining(journal.toString());
    assertThat(journal).exists();
    assertThat(folder.resolve("chroma.sqlite3")).exists();
  }
}
