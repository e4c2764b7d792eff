package palace.repair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.chroma.ChromaDatabase;
import palace.common.files.FileOps;
import palace.common.snapshot.SnapshotStore;
import palace.common.swap.MoveJournal;

/// What is undone when SQLite had ended the transaction before it was to be committed: the write
/// lock went with it, so somebody else may have written since.
class UndoTest {
  @TempDir Path folder;

  private SamplePalace palace;
  private ChromaDatabase writer;
  private Undo undo;

  @BeforeEach
  void repairThatHasCopied() throws IOException {
    palace = SamplePalace.in(folder);
    RunContext context =
        RunContext.begin(
            palace.directory().toRealPath(),
            RepairRequest.of(palace.directory(), "test"),
            Progress.SILENT,
            FileOps.real(),
            Clock.systemUTC(),
            step -> {});
    MoveJournal journal = context.journal(new TreeMap<>());
    var snapshot =
        new SnapshotStore(context.ops(), context.paths().ops())
            .beginDatabase(context.paths(), context.occasion());
    DatabaseCopy.make(context.palace(), snapshot);
    var placement = Placement.withSnapshot(context.ops(), context.paths(), journal);
    writer = Repair.hold(palace.database(), context.request());
    undo = new Undo(context.paths(), placement, snapshot, writer);
    writer.execute("DELETE FROM embeddings");
  }

  private void assertThatWhatOthersWroteStays() throws IOException {
    palace.sql("INSERT INTO tenants (id) VALUES ('written meanwhile')");

    assertThatThrownBy(undo::commit).isInstanceOf(PalaceException.Failed.class);
    undo.everything(new IOException("the test stops"));

    assertThat(palace.texts("SELECT id FROM tenants")).contains("written meanwhile");
    assertThat(palace.number("SELECT count(*) FROM embeddings")).isPositive();
  }

  @Test
  void theCopyStaysAwayWhenADiskThatWasFullHadEndedIt() throws IOException {
    writer.number("PRAGMA max_page_count=" + writer.number("PRAGMA page_count"));
    assertThatThrownBy(() -> writer.execute("INSERT INTO tenants (id) VALUES (zeroblob(10000000))"))
        .hasMessageContaining("SQLITE_FULL");

    assertThatWhatOthersWroteStays();
  }

  @Test
  void theCopyStaysAwayWhenNobodySawHowItEnded() throws IOException {
    writer.execute("ROLLBACK");

    assertThatWhatOthersWroteStays();
  }
}
