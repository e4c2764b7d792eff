package palace.common.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import palace.common.PalaceException;
import palace.common.files.FaultyFileOps;
import palace.common.files.FaultyFileOps.Step;
import palace.common.files.FileDigest;
import palace.common.files.FileOps;
import palace.common.files.TreeCopy;
import palace.common.files.TreeDelete;
import palace.common.swap.MoveJournal.Pending;

/// A change is cut off at each of its steps, as by `kill -9`, and settled from its journal.
final class InterruptedSwapTest {
  /// In memory where the system has such a place: thousands of runs flush some twenty times each.
  private Path folder = Path.of("/dev/shm");

  private int count;

  @BeforeEach
  void folder(@TempDir Path temporary) throws IOException {
    folder =
        Files.isDirectory(folder) && Files.isWritable(folder)
            ? Files.createTempDirectory(folder, "palace-moves-")
            : temporary;
  }

  @AfterEach
  void clear() throws IOException {
    TreeDelete.delete(folder);
  }

  /// A fresh palace with what it was and what it is to become.
  private record World(
      PalacePaths paths, SortedMap<String, FileDigest> old, SortedMap<String, FileDigest> fresh) {}

  @ParameterizedTest
  @EnumSource
  void everyInterruptionIsTakenBackToTheOldPalace(CrashScenario scenario) throws IOException {
    for (Cut cut : cuts(scenario)) {
      World world = interrupted(scenario, cut);
      takeBack(world.paths(), FileOps.real());
      assertOld(scenario, world, cut.toString());
      if (CrashScenario.content(world.paths().palace()).equals(world.old())) {
        assertThat(CrashScenario.content(scenario.replacement(world.paths())))
            .as(cut.toString())
            .containsKey("chroma.sqlite3");
      }
      assertThat(MoveJournal.pending(world.paths().ops())).as(cut.toString()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyInterruptionAfterTheJournalCanBeFinished(CrashScenario scenario) throws IOException {
    for (Cut cut : cuts(scenario)) {
      World world = interrupted(scenario, cut);
      for (var found : MoveJournal.pending(world.paths().ops())) {
        var moves = ((Pending) found).journal().moves();
        new MoveSet(FileOps.real(), moves).perform();
        assertThat(new MoveSet(FileOps.real(), moves).states()).containsOnly(Move.State.DONE);
        assertThat(CrashScenario.content(world.paths().palace()))
            .as(cut.toString())
            .isEqualTo(world.fresh());
        assertKept(scenario, world);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void takingBackMayItselfBeInterruptedAnywhere(CrashScenario scenario) throws IOException {
    for (Cut cut : someOf(cuts(scenario))) {
      int steps = stepsOfTakingBack(scenario, cut);
      for (int step = 1; step <= steps; step++) {
        for (boolean performed : new boolean[] {false, true}) {
          World world = interrupted(scenario, cut);
          var dying = FaultyFileOps.haltingAt(step, performed);
          catchThrowable(() -> takeBack(world.paths(), dying));
          takeBack(world.paths(), FileOps.real());
          assertOld(scenario, world, cut + ", then " + step + " " + performed);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"EXCHANGE", "RENAMES", "SNAPSHOT_EXCHANGE", "SNAPSHOT_RENAMES"})
  void theNamesAloneSayWhereAWholePalaceIs(CrashScenario scenario) throws IOException {
    for (Cut cut : cuts(scenario)) {
      World world = interrupted(scenario, cut);
      Path palace = world.paths().palace();
      Path aside = world.paths().aside();
      if (scenario.isWithoutWindow()) {
        assertThat(palace).as(cut.toString()).exists();
      }
      if (!Files.exists(palace)) {
        assertThat(CrashScenario.content(aside)).as(cut.toString()).isEqualTo(world.old());
      } else if (CrashScenario.content(palace).equals(world.old())) {
        assertThat(!Files.exists(aside) || CrashScenario.content(aside).equals(world.fresh()))
            .as(cut.toString())
            .isTrue();
      } else {
        assertThat(CrashScenario.content(palace)).as(cut.toString()).isEqualTo(world.fresh());
        assertThat(CrashScenario.content(aside)).as(cut.toString()).isEqualTo(world.old());
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void afterTheWholeParentWasCopiedElsewhereTheJournalStillHolds(CrashScenario scenario)
      throws IOException {
    for (Cut cut : cuts(scenario)) {
      World world = interrupted(scenario, cut);
      Path elsewhere = folder.resolve("copy" + count);
      TreeCopy.copy(world.paths().parent(), elsewhere);
      var paths = PalacePaths.of(elsewhere.resolve("palace"), CrashScenario.RUN);
      takeBack(paths, FileOps.real());
      assertOld(scenario, new World(paths, world.old(), world.fresh()), cut.toString());
    }
  }

  @ParameterizedTest
  @EnumSource
  void anErrorAtAnyStepOnceOrForEverLeavesTheOldPalaceOrSaysWhereItIs(CrashScenario scenario)
      throws IOException {
    int steps = cuts(scenario).size() / 2;
    for (int step = 1; step <= steps; step++) {
      for (boolean sticky : new boolean[] {false, true}) {
        for (boolean performed : new boolean[] {false, true}) {
          assertRolledBack(scenario, step, sticky, performed);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void theJournalIsDurableBeforeTheFirstMove(CrashScenario scenario) throws IOException {
    List<Step> steps = stepsOf(scenario);
    int first = indexOf(steps, step -> isMove(step) && !isOfJournal(step));
    int named = indexOf(steps, step -> step.operation().equals("rename") && isOfJournal(step));
    Path ops = steps.get(named).paths().getLast().getParent();
    int flushed = indexOf(steps, step -> forces(step, ops));
    assertThat(List.of(named, flushed)).isSorted().allMatch(index -> index >= 0 && index < first);
  }

  @ParameterizedTest
  @EnumSource
  void everyDirectoryIsFlushedAfterItsLastMoveAndBeforeTheJournalGoes(CrashScenario scenario)
      throws IOException {
    List<Step> steps = stepsOf(scenario);
    assertFlushed(steps);
    Path ops = steps.get(steps.size() - 2).paths().getFirst().getParent();
    assertThat(forces(steps.getLast(), ops)).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void soItIsWhenTakingBack(CrashScenario scenario) throws IOException {
    for (Cut cut : cuts(scenario)) {
      World world = interrupted(scenario, cut);
      var ops = FaultyFileOps.counting();
      takeBack(world.paths(), ops);
      assertFlushed(ops.steps());
    }
    int steps = cuts(scenario).size() / 2;
    for (int step = 1; step <= steps; step++) {
      int failing = step;
      var ops =
          scenario.through(
              new FaultyFileOps((at, real) -> {
                if (at.number() == failing) {
                  throw new IOException("injected");
                }
                real.run();
              }));
      World world = world(scenario);
      catchThrowable(() -> scenario.run(world.paths(), ops).remove(ops));
      assertFlushed(ops.steps());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aMoveIntoOtherDirectoriesWaitsForTheFlushOfThoseBefore(CrashScenario scenario)
      throws IOException {
    var dirty = new ArrayList<Path>();
    for (Step step : stepsOf(scenario)) {
      if (step.operation().equals("force")) {
        dirty.remove(step.paths().getFirst());
      } else if (isMove(step) && !isOfJournal(step)) {
        List<Path> touched = step.paths().stream().map(Path::getParent).distinct().toList();
        assertThat(touched).as(step.toString()).containsAll(dirty);
        touched.stream().filter(path -> !dirty.contains(path)).forEach(dirty::add);
      }
    }
    assertThat(dirty).isEmpty();
  }

  /// Where a run is cut off: before or after a step has its effect.
  private record Cut(int step, boolean performed) {}

  private List<Cut> cuts(CrashScenario scenario) throws IOException {
    var cuts = new ArrayList<Cut>();
    for (int step = 1; step <= stepsOf(scenario).size(); step++) {
      cuts.add(new Cut(step, false));
      cuts.add(new Cut(step, true));
    }
    return cuts;
  }

  /// {@return a dozen of the cuts, evenly spread}
  private static List<Cut> someOf(List<Cut> cuts) {
    var some = new ArrayList<Cut>();
    for (int i = cuts.size() - 1; i >= 0; i -= Math.max(1, cuts.size() / 12)) {
      some.add(cuts.get(i));
    }
    return some;
  }

  private List<Step> stepsOf(CrashScenario scenario) throws IOException {
    World world = world(scenario);
    var ops = scenario.through(FaultyFileOps.counting());
    scenario.run(world.paths(), ops).remove(ops);
    assertThat(CrashScenario.content(world.paths().palace())).isEqualTo(world.fresh());
    assertKept(scenario, world);
    return ops.steps();
  }

  private World interrupted(CrashScenario scenario, Cut cut) throws IOException {
    World world = world(scenario);
    var ops = scenario.through(FaultyFileOps.haltingAt(cut.step(), cut.performed()));
    assertThatThrownBy(
            () -> {
              scenario.run(world.paths(), ops).remove(ops);
            })
        .isInstanceOf(FaultyFileOps.Halted.class);
    return world;
  }

  private World world(CrashScenario scenario) throws IOException {
    Path parent = Files.createDirectory(folder.toRealPath().resolve("w" + count++));
    var paths = scenario.make(parent);
    var old = CrashScenario.content(paths.palace());
    return new World(paths, old, scenario.fresh(paths));
  }

  private static void takeBack(PalacePaths paths, FileOps ops) throws IOException {
    for (var found : MoveJournal.pending(paths.ops())) {
      var journal = ((Pending) found).journal();
      new MoveSet(ops, journal.moves()).undo();
      journal.remove(ops);
    }
  }

  private int stepsOfTakingBack(CrashScenario scenario, Cut cut) throws IOException {
    World world = interrupted(scenario, cut);
    var ops = FaultyFileOps.counting();
    takeBack(world.paths(), ops);
    return ops.steps().size();
  }

  /// The old palace is back; only a run that was cut off after its journal went is past that.
  private static void assertOld(CrashScenario scenario, World world, String what)
      throws IOException {
    var found = CrashScenario.content(world.paths().palace());
    if (found.equals(world.fresh())) {
      assertKept(scenario, world);
    } else {
      assertThat(found).as(what).isEqualTo(world.old());
    }
  }

  private static void assertKept(CrashScenario scenario, World world) throws IOException {
    if (!scenario.isOfEntries()) {
      assertThat(CrashScenario.content(world.paths().aside())).isEqualTo(world.old());
      return;
    }
    var kept = CrashScenario.content(world.paths().snapshot().resolve("palace"));
    var old = new java.util.TreeMap<>(world.old());
    old.remove("config.json");
    assertThat(kept).isEqualTo(old);
  }

  private void assertRolledBack(
      CrashScenario scenario, int failing, boolean sticky, boolean performed) throws IOException {
    World world = world(scenario);
    var ops =
        scenario.through(
            new FaultyFileOps((step, real) -> {
              boolean hit = sticky ? step.number() >= failing : step.number() == failing;
              if (!hit || performed && step.number() == failing) {
                real.run();
              }
              if (hit) {
                throw new IOException("injected");
              }
            }));
    String what = failing + " sticky " + sticky + " performed " + performed;
    var thrown = catchThrowable(() -> scenario.run(world.paths(), ops));
    var found =
        Files.exists(world.paths().palace()) ? CrashScenario.content(world.paths().palace()) : null;
    if (thrown == null) {
      assertThat(found).as(what).isEqualTo(world.fresh());
    } else if (thrown instanceof PalaceException.PersonNeeded) {
      takeBack(world.paths(), FileOps.real());
      assertThat(CrashScenario.content(world.paths().palace())).as(what).isEqualTo(world.old());
    } else {
      assertThat(thrown).as(what).isInstanceOf(IOException.class);
      assertThat(found).as(what).isEqualTo(world.old());
    }
  }

  private static void assertFlushed(List<Step> steps) {
    int end = indexOf(steps, step -> step.operation().equals("delete") && isOfJournal(step));
    int last = end < 0 ? steps.size() : end;
    for (int i = 0; i < last; i++) {
      Step move = steps.get(i);
      if (isMove(move) && !isOfJournal(move) && end >= 0) {
        for (Path name : move.paths()) {
          Path directory = name.getParent();
          assertThat(steps.subList(i + 1, last))
              .as(move + " before step " + last)
              .anyMatch(step -> forces(step, directory));
        }
      }
    }
  }

  private static boolean forces(Step step, Path directory) {
    return step.operation().equals("force") && step.paths().getFirst().equals(directory);
  }

  private static boolean isMove(Step step) {
    return step.operation().equals("rename") || step.operation().equals("exchange");
  }

  private static boolean isOfJournal(Step step) {
    return step.paths().getLast().getFileName().toString().startsWith("journal-");
  }

  private static int indexOf(List<Step> steps, java.util.function.Predicate<Step> wanted) {
    for (int i = 0; i < steps.size(); i++) {
      if (wanted.test(steps.get(i))) {
        return i;
      }
    }
    return -1;
  }
}
