package palace.common.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import palace.common.PalaceException;
import palace.common.RunId;
import palace.common.files.FileOps;
import palace.common.files.TreeDelete;
import palace.common.files.TreeDigest;
import palace.common.snapshot.Snapshot;
import palace.common.snapshot.SnapshotStore;
import palace.common.swap.Move;
import palace.common.swap.MoveJournal;
import palace.common.swap.Occasion;
import palace.common.swap.PalacePaths;
import palace.common.swap.TreeMark;

/// Every line of the table of what may stand where after an interrupted exchange by two renames.
final class WholeSwapTest {
  private static final RunId RUN = new RunId("20261121T010000Z-000001");

  @TempDir Path home;
  private SmallWorld world;
  private PalacePaths paths;
  private Path journal;

  @BeforeEach
  void journaledMigration() throws IOException {
    world = SmallWorld.with(Snapshot.Scope.ASIDE, home);
    TreeDelete.delete(world.ops.resolve("snapshots"));
    paths = world.paths(RUN);
    Files.createDirectory(paths.build());
    SmallWorld.tree(paths.build(), "new", SmallWorld.NEW_SEGMENT);
    List<Move> moves =
        List.of(
            new Move.Rename(world.palace, paths.aside(), TreeMark.of(world.palace)),
            new Move.Rename(paths.build(), world.palace, TreeMark.of(paths.build())));
    journal =
        MoveJournal.write(
                FileOps.real(),
                paths,
                new Occasion(RUN, "migrate", SmallWorld.NOW, "0.2.0"),
                MoveJournal.Purpose.migrate(),
                moves)
            .file();
  }

  private void standing(String palace, String aside, String build) throws IOException {
    Path old = Files.move(world.palace, home.resolve("old"));
    Path fresh = Files.move(paths.build(), home.resolve("fresh"));
    put(palace, old, fresh, world.palace);
    put(aside, old, fresh, paths.aside());
    put(build, old, fresh, paths.build());
    TreeDelete.delete(old);
    TreeDelete.delete(fresh);
  }

  private static void put(String what, Path old, Path fresh, Path place) throws IOException {
    switch (what) {
      case "old" -> Files.move(old, place);
      case "new" -> Files.move(fresh, place);
      case "foreign" -> Files.writeString(Files.createDirectory(place).resolve("x"), "theirs");
      case "empty" -> Files.createDirectory(place);
      default -> {}
    }
  }

  @ParameterizedTest
  @CsvSource({
    "old,-,new,BACK,today", "old,-,new,FORWARD,today", "-,old,new,BACK,today",
    "empty,old,new,BACK,today", "-,old,-,BACK,today", "-,old,-,FORWARD,today",
    "-,-,new,BACK,database new", "new,old,-,BACK,database new", "new,old,-,FORWARD,database new",
    "old,-,-,BACK,today", "new,-,-,BACK,database new"
  })
  void whatStandsWhereDecides(
      String palace, String aside, String build, Direction direction, String end)
      throws IOException {
    standing(palace, aside, build);

    Settled settled = world.settle(FileOps.real(), direction);

    String expected = end.equals("today") ? "database today" : end;
    assertThat(world.palace.resolve("chroma.sqlite3")).hasContent(expected);
    assertThat(settled.runs()).containsExactly(RUN);
    assertThat(SmallWorld.names(home)).containsExactly("palace", "palace.ops");
    assertThat(journal).doesNotExist();
    boolean kept = palace.equals("new") && aside.equals("old");
    assertThat(SnapshotStore.in(world.ops).find(RUN).isPresent()).isEqualTo(kept);
    if (kept) {
      assertThat(TreeDigest.of(paths.snapshot().resolve("palace"))).isEqualTo(world.today);
    }
    assertThat(Recovery.look(world.palace).nothing()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"new", "-"})
  void aTreeOfSomebodyElseIsNotTouched(String build) throws IOException {
    standing("foreign", "old", build);
    var before = TreeDigest.of(home);

    assertThatThrownBy(() -> world.settle(FileOps.real(), Direction.BACK))
        .isInstanceOf(PalaceException.PersonNeeded.class)
        .hasMessageContaining(world.palace + " is neither of them")
        .hasMessageContaining(paths.aside() + " is the palace from before");

    assertThat(TreeDigest.of(home)).isEqualTo(before);
    assertThat(Recovery.look(world.palace).runs()).hasSize(1);
  }

  @Test
  void whereNothingIsLeftAPersonIsNeeded() throws IOException {
    standing("-", "-", "-");
    assertThatThrownBy(() -> world.settle(FileOps.real(), Direction.BACK))
        .isInstanceOf(PalaceException.PersonNeeded.class);
    assertThat(journal).exists();
  }
}
