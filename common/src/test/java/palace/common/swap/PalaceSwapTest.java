package palace.common.swap;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import palace.common.PalaceException;
import palace.common.RunId;
import palace.common.files.FaultyFileOps;
import palace.common.files.FaultyFileOps.Fault;
import palace.common.files.FileDigest;
import palace.common.files.Identity;
import palace.common.files.TreeDelete;
import palace.common.files.TreeDigest;

final class PalaceSwapTest {
  private static final RunId RUN = new RunId("20261121T034700Z-1a2b3c");
  private static final Occasion OCCASION =
      new Occasion(RUN, "migrate", Instant.parse("2026-11-21T03:47:00Z"), "0.1.0");
  private static final MoveJournal.Purpose MIGRATE = MoveJournal.Purpose.migrate();
  private static final String NAME = "my palace? #1 100% 宮殿";

  private static final List<Supplier<Throwable>> ERRORS =
      List.of(
          () -> new AccessDeniedException("injected"),
          () -> new FileSystemException("injected", null, "Input/output error"),
          () -> new IOException("No space left on device"),
          () -> new PalaceException.Failed("injected", ""),
          () -> new IllegalStateException("injected"),
          () -> new OutOfMemoryError("injected"));

  @TempDir Path parent;
  private PalacePaths paths;
  private SortedMap<String, FileDigest> before;
  private SortedMap<String, FileDigest> after;
  private final LogLines log = new LogLines();
  private boolean exchanging;

  @BeforeEach
  void palaceAndBuild() throws IOException {
    parent = parent.toRealPath();
    Path palace = parent.resolve(NAME);
    fill(palace, "old");
    paths = PalacePaths.of(palace, RUN);
    fill(paths.build(), "new");
    before = TreeDigest.of(palace);
    after = TreeDigest.of(paths.build());
  }

  @Test
  void withAnExchangeTheBuildTakesThePlaceInOneStep() throws IOException {
    exchanging = true;
    var ops = watching((step, real) -> real.run());
    Path aside = swap(ops).publish(paths.build(), paths, OCCASION, MIGRATE).aside();

    assertThat(TreeDigest.of(paths.palace())).isEqualTo(after);
    assertThat(TreeDigest.of(aside)).isEqualTo(before);
    assertThat(names()).containsExactlyInAnyOrder(NAME, NAME + ".aside-" + RUN, NAME + ".ops");
    assertThat(ops.steps().stream().map(Object::toString))
        .containsExactly(
            "1 rename[ %s.build-%s,  %s.aside-%s]".formatted(NAME, RUN, NAME, RUN),
            "2 exchange[ %s,  %s.aside-%s]".formatted(NAME, NAME, RUN),
            "3 force[ %s]".formatted(parent.getFileName()));
  }

  @Test
  void theBuildTakesThePlaceAndTheOldPalaceIsAside() throws IOException {
    var ops = watching((step, real) -> real.run()).withoutExchange();
    Path aside = swap(ops).publish(paths.build(), paths, OCCASION, MIGRATE).aside();

    assertThat(aside).isEqualTo(parent.resolve(NAME + ".aside-" + RUN));
    assertThat(TreeDigest.of(paths.palace())).isEqualTo(after);
    assertThat(TreeDigest.of(aside)).isEqualTo(before);
    assertThat(names()).containsExactlyInAnyOrder(NAME, NAME + ".aside-" + RUN, NAME + ".ops");
    assertThat(ops.steps().stream().map(Object::toString))
        .containsExactly(
            "1 rename[ %s,  %s.aside-%s]".formatted(NAME, NAME, RUN),
            "2 rename[ %s.build-%s,  %s]".formatted(NAME, RUN, NAME),
            "3 force[ %s]".formatted(parent.getFileName()));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anErrorAtAnyStepPutsTheOldPalaceBack(boolean exchange) throws IOException {
    exchanging = exchange;
    for (boolean performed : new boolean[] {false, true}) {
      for (var error : ERRORS) {
        for (int step = 1; step <= 3; step++) {
          assertRolledBack(failAt(step, performed, error), error.get(), step + " " + performed);
          assertThat(TreeDigest.of(paths.build())).isEqualTo(after);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anErrorAtAnyStepOfTheCopyPutsTheOldPalaceBack(boolean exchange) throws IOException {
    exchanging = exchange;
    // rename (EXDEV), copyTree, force, rename, exchange, force, and only then the deletion of the
    // build; or rename, rename (EXDEV), rename back, force, copyTree, force, rename, rename, force
    int first = exchange ? 2 : 3;
    int last = exchange ? 6 : 9;
    for (boolean performed : new boolean[] {false, true}) {
      for (var error : ERRORS) {
        for (int step = first; step <= last; step++) {
          var fault = crossDevice(failAt(step, performed, error));
          assertRolledBack(fault, error.get(), step + " " + performed);
          assertThat(TreeDigest.of(paths.build())).isEqualTo(after);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whateverFailsWhileUndoingTheOldPalaceIsInPlaceOrNamed(boolean exchange) throws IOException {
    exchanging = exchange;
    for (boolean copy : new boolean[] {false, true}) {
      for (boolean performed : new boolean[] {false, true}) {
        for (int first = 1; first <= 6; first++) {
          for (int second = first + 1; second <= first + 5; second++) {
            var faults = List.of(first, second);
            Fault both = failWhere(step -> faults.contains(step.number()), performed);
            assertNothingLost(copy ? crossDevice(both) : both);
            reset();
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void stickyErrorsFromAnyStepOnLoseNothing(boolean exchange) throws IOException {
    exchanging = exchange;
    for (boolean copy : new boolean[] {false, true}) {
      for (int from = 1; from <= 7; from++) {
        int first = from;
        Fault sticky = failWhere(step -> step.number() >= first, false);
        assertNothingLost(copy ? crossDevice(sticky) : sticky);
        reset();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void onlyACrossDeviceErrorOfTheSecondRenameCopies(boolean exchange) throws IOException {
    exchanging = exchange;
    var ops = watching(crossDevice((step, real) -> real.run()));
    swap(ops).publish(paths.build(), paths, OCCASION, MIGRATE);

    assertThat(TreeDigest.of(paths.palace())).isEqualTo(after);
    assertThat(TreeDigest.of(paths.aside())).isEqualTo(before);
    assertThat(names()).containsExactlyInAnyOrder(NAME, NAME + ".aside-" + RUN, NAME + ".ops");
    assertThat(log.lines())
        .anyMatch(line -> line.startsWith("WARN swap.copy-fallback cause=cross-device"));

    reset();
    var denied = watching(failAt(2, false, () -> new AccessDeniedException("injected")));
    assertThatThrownBy(() -> swap(denied).publish(paths.build(), paths, OCCASION, MIGRATE))
        .isInstanceOf(PalaceException.Failed.class)
        .hasCauseInstanceOf(AccessDeniedException.class);
    assertThat(denied.steps()).noneMatch(step -> step.operation().equals("copyTree"));
  }

  @Test
  void aCrossDeviceErrorOfTheFirstRenameIsNotCopied() throws IOException {
    var ops =
        watching(failAt(1, false, () -> new AtomicMoveNotSupportedException("a", "b", "EXDEV")));
    assertThatThrownBy(() -> swap(ops).publish(paths.build(), paths, OCCASION, MIGRATE))
        .isInstanceOf(PalaceException.Refused.class);
    assertThat(ops.steps()).noneMatch(step -> step.operation().equals("copyTree"));
    assertThat(TreeDigest.of(paths.palace())).isEqualTo(before);
  }

  @Test
  void aBuildOnARealOtherDeviceIsCopiedAndVerified() throws IOException {
    Path memory = Path.of("/dev/shm");
    assumeTrue(
        Files.isDirectory(memory)
            && !Files.getFileStore(memory).equals(Files.getFileStore(parent)));
    Path elsewhere = Files.createTempDirectory(memory, "palace-swap-");
    try {
      Path build = elsewhere.resolve("build");
      fill(build, "new");
      PalaceSwap.onDisk().publish(build, paths, OCCASION, MIGRATE);
      assertThat(TreeDigest.of(paths.palace())).isEqualTo(after);
      assertThat(TreeDigest.of(paths.aside())).isEqualTo(before);
      assertThat(build).doesNotExist();
    } finally {
      TreeDelete.delete(elsewhere);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aCopyThatDiffersFromItsBuildIsNotPublished(boolean exchange) throws IOException {
    exchanging = exchange;
    Fault flipped =
        (step, real) -> {
          real.run();
          if (step.operation().equals("copyTree")) {
            Files.writeString(step.paths().get(1).resolve("chroma.sqlite3"), "nex data");
          }
        };
    assertRolledBack(crossDevice(flipped), new FileSystemException("differs"), "flipped");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aPartialCopyIsClearedWhetherDirectoryFileOrLink(boolean exchange) throws IOException {
    exchanging = exchange;
    Path outside = Files.writeString(parent.resolve("outside"), "kept");
    for (String kind : List.of("directory", "file", "link")) {
      Fault partial =
          (step, real) -> {
            if (!step.operation().equals("copyTree")) {
              real.run();
              return;
            }
            makePartial(kind, step.paths().get(1), outside);
            throw new IOException("No space left on device");
          };
      assertRolledBack(crossDevice(partial), new IOException("space"), kind);
      assertThat(outside).hasContent("kept");
    }
  }

  @Test
  void aPartialDestinationOfOursAtThePalacePathIsClearedWhateverItIs() throws IOException {
    Path outside = Files.writeString(parent.resolve("outside"), "kept");
    for (String kind : List.of("directory", "file", "link")) {
      var attempt = attempt();
      Files.move(paths.palace(), paths.aside());
      makePartial(kind, paths.palace(), outside);
      attempt.made(Identity.of(paths.palace()));

      swap(FaultyFileOps.counting())._restoreStale(attempt, new IOException("first"));

      assertThat(TreeDigest.of(paths.palace())).as(kind).isEqualTo(before);
      assertThat(outside).hasContent("kept");
      assertThat(paths.incoming()).doesNotExist();
      reset();
    }
    assertThat(log.lines())
        .contains(
            "WARN rollback.start original-at=\"%s\" palace=\"%s\" cause=\"java.io.IOException: first\""
                .formatted(paths.aside(), paths.palace()));
    assertThat(log.lines())
        .anyMatch(line ->
            line.startsWith(
                "INFO rollback.done palace=\"%s\" from=\"%s\" ms="
                    .formatted(paths.palace(), paths.aside())));
  }

  @Test
  void aForeignTreeAtThePalacePathIsNeverTouched() throws IOException {
    Fault intruder =
        (step, real) -> {
          real.run();
          if (step.number() == 1) {
            fill(paths.palace(), "foreign");
          }
        };
    var thrown =
        catchThrowable(
            () -> swap(watching(intruder)).publish(paths.build(), paths, OCCASION, MIGRATE));

    assertThat(thrown)
        .isInstanceOf(PalaceException.PersonNeeded.class)
        .hasMessageContaining(paths.palace().toString())
        .hasMessageContaining(paths.aside().toString())
        .hasMessageContaining(paths.build().toString());
    assertThat(paths.palace().resolve("chroma.sqlite3")).hasContent("foreign data");
    assertThat(TreeDigest.of(paths.aside())).isEqualTo(before);
    assertThat(TreeDigest.of(paths.build())).isEqualTo(after);
  }

  @Test
  void anEmptyDirectoryMadeAtThePalacePathIsReplaced() throws IOException {
    Fault intruder =
        (step, real) -> {
          real.run();
          if (step.number() == 1) {
            Files.createDirectory(paths.palace());
          }
        };
    swap(watching(intruder)).publish(paths.build(), paths, OCCASION, MIGRATE);
    assertThat(TreeDigest.of(paths.palace())).isEqualTo(after);
    assertThat(log.lines()).anyMatch(line -> line.contains("swap.empty-directory-replaced"));
  }

  @Test
  void whenTheWayBackFailsTooTheCommandThatIsPrintedWorks() throws Exception {
    Fault noWayBack =
        (step, real) -> {
          if (step.number() >= 2) {
            throw new AccessDeniedException(step.number() == 2 ? "the first" : "the second");
          }
          real.run();
        };
    var thrown =
        catchThrowable(
            () -> swap(watching(noWayBack)).publish(paths.build(), paths, OCCASION, MIGRATE));

    assertThat(thrown).isInstanceOf(PalaceException.PersonNeeded.class);
    assertThat(thrown.getCause()).hasMessage("the first");
    assertThat(thrown.getSuppressed())
        .singleElement()
        .extracting(Throwable::getMessage)
        .isEqualTo("the second");
    String command = ((PalaceException) thrown).hint();
    assertThat(log.lines().stream().filter(line -> line.startsWith("ERROR CRITICAL ")).toList())
        .singleElement()
        .asString()
        .startsWith(
            "ERROR CRITICAL rollback.failed original-at=\"%s\" partial-at=\"%s\" cause="
                .formatted(paths.aside(), paths.build()))
        .endsWith("run=" + LogValue.of(command));
    assertThat(TreeDigest.of(paths.aside())).isEqualTo(before);
    assertThat(TreeDigest.of(paths.build())).isEqualTo(after);

    assertThat(new ProcessBuilder("sh", "-c", command).inheritIO().start().waitFor()).isZero();
    assertThat(TreeDigest.of(paths.palace())).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aBusyPalaceIsTriedAgainABoundedNumberOfTimes(boolean exchange) throws IOException {
    exchanging = exchange;
    for (int failures = 1; failures <= 3; failures++) {
      int busy = failures;
      Fault fault =
          (step, real) -> {
            if (step.number() <= busy) {
              throw new FileSystemException("p", null, "Device or resource busy");
            }
            real.run();
          };
      log.lines().clear();
      if (busy <= 2) {
        swap(watching(fault)).publish(paths.build(), paths, OCCASION, MIGRATE);
        assertThat(TreeDigest.of(paths.palace())).isEqualTo(after);
        assertThat(log.lines().stream().filter(line -> line.startsWith("WARN retry ")))
            .hasSize(busy);
        reset();
      } else {
        assertRolledBack(fault, new FileSystemException("busy"), "busy");
      }
    }
  }

  @Test
  void takenNamesAndMissingTreesAreRefusedBeforeAnythingMoves() throws IOException {
    Files.createDirectory(paths.aside());
    assertRefused(paths.build());
    Files.delete(paths.aside());
    Files.createSymbolicLink(paths.incoming(), Path.of("nowhere"));
    assertRefused(paths.build());
    Files.delete(paths.incoming());
    assertRefused(parent.resolve("no build"));
    Files.move(paths.palace(), parent.resolve("away"));
    assertThatThrownBy(() -> PalaceSwap.onDisk().check(paths))
        .isInstanceOf(PalaceException.Refused.class)
        .hasMessageContaining("nothing was changed");
  }

  private void assertRefused(Path build) {
    var ops = watching((step, real) -> real.run());
    assertThatThrownBy(() -> swap(ops).publish(build, paths, OCCASION, MIGRATE))
        .isInstanceOf(PalaceException.Refused.class);
    assertThat(ops.steps()).isEmpty();
  }

  private void assertRolledBack(Fault fault, Throwable expected, String what) throws IOException {
    var thrown =
        catchThrowable(
            () -> swap(watching(fault)).publish(paths.build(), paths, OCCASION, MIGRATE));
    if (expected instanceof IOException) {
      assertThat(thrown).as(what).isInstanceOf(PalaceException.Failed.class);
      assertThat(thrown).as(what).hasCauseInstanceOf(expected.getClass());
    } else {
      assertThat(thrown).as(what).isInstanceOf(expected.getClass()).hasMessage("injected");
    }
    assertThat(TreeDigest.of(paths.palace())).as(what).isEqualTo(before);
    assertThat(paths.aside()).as(what).doesNotExist();
    assertThat(Files.exists(paths.incoming(), NOFOLLOW_LINKS)).as(what).isFalse();
  }

  private void assertNothingLost(Fault fault) throws IOException {
    var ops = watching(fault);
    var thrown = catchThrowable(() -> swap(ops).publish(paths.build(), paths, OCCASION, MIGRATE));
    String what = ops.steps().toString();
    if (thrown == null) {
      assertThat(TreeDigest.of(paths.palace())).as(what).isEqualTo(after);
      assertThat(TreeDigest.of(paths.aside())).as(what).isEqualTo(before);
    } else if (thrown instanceof PalaceException.PersonNeeded person) {
      assertThat(TreeDigest.of(paths.aside())).as(what).isEqualTo(before);
      assertThat(person.getCause()).as(what).hasMessage("injected 0");
      assertThat(person.getMessage()).as(what).contains(paths.aside().toString());
    } else {
      assertThat(thrown).as(what).isInstanceOf(PalaceException.Failed.class);
      assertThat(thrown.getCause()).as(what).hasMessage("injected 0");
      assertThat(TreeDigest.of(paths.palace())).as(what).isEqualTo(before);
    }
  }

  private Fault failAt(int number, boolean performed, Supplier<Throwable> error) {
    return (step, real) -> {
      if (step.number() != number) {
        real.run();
        return;
      }
      if (performed) {
        real.run();
      }
      switch (error.get()) {
        case IOException e -> throw e;
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        case Throwable e -> throw new AssertionError(e);
      }
    };
  }

  private static Fault failWhere(Predicate<FaultyFileOps.Step> where, boolean performed) {
    var count = new AtomicInteger();
    return (step, real) -> {
      if (!where.test(step)) {
        real.run();
        return;
      }
      if (performed) {
        real.run();
      }
      throw new FileSystemException("injected " + count.getAndIncrement());
    };
  }

  private Fault crossDevice(Fault otherwise) {
    return (step, real) -> {
      if (step.operation().equals("rename")
          && step.paths().getFirst().equals(paths.build())
          && !step.paths().getLast().equals(paths.incoming())) {
        throw new AtomicMoveNotSupportedException("build", "palace", "Invalid cross-device link");
      }
      otherwise.at(step, real);
    };
  }

  private SwapAttempt attempt() throws IOException {
    return new SwapAttempt(
        paths,
        OCCASION,
        MIGRATE,
        paths.build(),
        Identity.of(paths.palace()).orElseThrow(),
        Identity.of(paths.build()).orElseThrow());
  }

  private FaultyFileOps watching(Fault fault) {
    var ops = new FaultyFileOps(fault).unwatched(paths.ops());
    return exchanging ? ops : ops.withoutExchange();
  }

  private PalaceSwap swap(FaultyFileOps ops) {
    return new PalaceSwap(ops, List.of(Duration.ZERO, Duration.ZERO), log);
  }

  private void reset() throws IOException {
    for (Path path : List.of(paths.palace(), paths.aside(), paths.build(), paths.incoming())) {
      TreeDelete.delete(path);
    }
    fill(paths.palace(), "old");
    fill(paths.build(), "new");
  }

  private List<String> names() throws IOException {
    var names = new ArrayList<String>();
    try (var stream = Files.newDirectoryStream(parent)) {
      stream.forEach(path -> names.add(path.getFileName().toString()));
    }
    return names;
  }

  private static void fill(Path directory, String word) throws IOException {
    Files.createDirectories(directory.resolve("segment"));
    Files.writeString(directory.resolve("chroma.sqlite3"), word + " data");
    Files.writeString(directory.resolve("segment").resolve("data_level0.bin"), word + " index");
    if (!Files.exists(directory.resolve("link"), NOFOLLOW_LINKS)) {
      Files.createSymbolicLink(directory.resolve("link"), Path.of("chroma.sqlite3"));
    }
  }

  private static void makePartial(String kind, Path at, Path outside) throws IOException {
    switch (kind) {
      case "directory" -> {
        Files.createDirectories(at.resolve("read-only"));
        Files.writeString(at.resolve("read-only").resolve("file"), "half");
        Files.createSymbolicLink(at.resolve("read-only").resolve("link"), outside);
        Files.setPosixFilePermissions(
            at.resolve("read-only"), PosixFilePermissions.fromString("r-x------"));
      }
      case "file" -> Files.writeString(at, "half");
      case "link" -> Files.createSymbolicLink(at, outside);
      default -> throw new AssertionError(kind);
    }
  }
}
