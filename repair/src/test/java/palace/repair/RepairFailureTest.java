package palace.repair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.files.FileOps;
import palace.common.history.History;
import palace.common.history.HistoryEntry;
import palace.common.swap.MoveJournal;

/// A repair that fails at any moment leaves the palace as it found it.
class RepairFailureTest {
  @TempDir Path folder;

  private static Repair failingAt(Step moment) {
    return new Repair(
        Progress.SILENT,
        FileOps.real(),
        Clock.systemUTC(),
        step -> {
          if (step == moment) {
            throw new IOException("the test stops at " + step);
          }
        });
  }

  private SamplePalace damaged() throws IOException {
    SamplePalace palace = SamplePalace.in(folder);
    palace.breakEntryPoint();
    palace.emptyFullText();
    return palace;
  }

  @ParameterizedTest
  @EnumSource(Step.class)
  void everyFileAndRowIsAsBefore(Step moment) throws IOException {
    SamplePalace palace = damaged();
    var files = palace.digests();
    String rows = palace.rows();

    assertThatThrownBy(() -> failingAt(moment).run(RepairRequest.of(palace.directory(), "test")))
        .isInstanceOf(PalaceException.class)
        .hasStackTraceContaining("the test stops at " + moment);

    var after = palace.digests();
    if (moment.compareTo(Step.COMMITTED) >= 0) {
      // The copy that SQLite made has another change counter in its header.
      files.remove("chroma.sqlite3");
      after.remove("chroma.sqlite3");
    }
    assertThat(after).isEqualTo(files);
    assertThat(palace.rows()).isEqualTo(rows);
    assertThat(palace.number("SELECT count(*) FROM embedding_fulltext_search")).isZero();
  }

  @ParameterizedTest
  @EnumSource(Step.class)
  void nothingIsLeftBehindAndTheNextRunSucceeds(Step moment) throws IOException {
    SamplePalace palace = damaged();
    assertThatThrownBy(() -> failingAt(moment).run(RepairRequest.of(palace.directory(), "test")))
        .isInstanceOf(PalaceException.class);
    assertThat(palace.directory().resolve(".palace")).doesNotExist();
    assertThat(folder.resolve("palace.ops/snapshots")).isEmptyDirectory();

    Outcome outcome = new Repair(Progress.SILENT).run(RepairRequest.of(palace.directory(), "test"));
    assertThat(outcome).isInstanceOf(Outcome.Repaired.class);
  }

  @Test
  void anUndoThatFailsTellsWhereEverythingIsAndWhatToType() throws IOException {
    SamplePalace palace = damaged();
    Path snapshots = folder.resolve("palace.ops").resolve("snapshots");
    var repair =
        new Repair(
            Progress.SILENT,
            FileOps.real(),
            Clock.systemUTC(),
            step -> {
              if (step == Step.READ_BACK) {
                try (var runs = Files.list(snapshots)) {
                  Files.delete(runs.findFirst().orElseThrow().resolve("chroma.sqlite3"));
                }
                throw new IOException("the test stops at " + step);
              }
            });

    assertThatThrownBy(() -> repair.run(RepairRequest.of(palace.directory(), "test")))
        .isInstanceOfSatisfying(
            PalaceException.PersonNeeded.class,
            e -> {
              assertThat(e).hasMessageContaining("the test stops at READ_BACK");
              assertThat(e).hasMessageContaining(snapshots.toString());
              assertThat(e.hint()).isEqualTo("palace recover --palace " + palace.directory());
            });
    assertThat(outcomes()).containsExactly("person-needed");
    assertThat(MoveJournal.pending(folder.resolve("palace.ops"))).hasSize(1);
  }

  @Test
  void everyRunThatChangedSomethingIsRecordedHoweverItEnded() throws IOException {
    SamplePalace palace = damaged();
    for (Step moment : List.of(Step.TREATED, Step.RETIRED)) {
      assertThatThrownBy(() -> failingAt(moment).run(RepairRequest.of(palace.directory(), "test")))
          .isInstanceOf(PalaceException.Failed.class);
    }
    new Repair(Progress.SILENT).run(RepairRequest.of(palace.directory(), "test"));
    assertThat(outcomes()).containsExactly("rolled-back", "rolled-back", "done");
  }

  private List<String> outcomes() throws IOException {
    return History.in(folder.resolve("palace.ops")).read().entries().stream()
        .map(HistoryEntry::outcome)
        .toList();
  }
}
