package palace.common.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.ShellWord;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.ExclusiveLocking;
import palace.common.chroma.SourceDatabase;
import palace.common.doctor.DatabaseFinding;
import palace.common.doctor.Doctor;
import palace.common.doctor.Finding;
import palace.common.doctor.IndexFinding;
import palace.common.files.FileOps;
import palace.common.lock.OpenHandles;
import palace.common.snapshot.DatabaseSnapshot;
import palace.common.snapshot.SnapshotStore;
import palace.common.store.PalaceLayout;
import palace.common.swap.MoveJournal;
import palace.common.swap.PalacePaths;

/// Settles an interrupted repair by its journal. What a repair changes in the database is one
/// transaction, so the database says by itself which side of it the interruption was on:
///
/// | found | done |
/// |---|---|
/// | transaction not over (SQLite rolls it back) | the fresh segments leave; the database stays, with whatever others wrote to it since |
/// | over, and the palace is sound | the replaced segments leave, the snapshot is kept |
/// | over, damaged, nobody wrote since | the snapshot's copy and the replaced segments take their places again |
/// | over, damaged, somebody wrote since | as if it were sound, because undoing would lose what was written; the next repair has to look |
///
/// Each step may be interrupted and repeated.
public final class RepairRecovery {
  /// The note of the journal with the ids of the fresh vector segments, a comma between.
  public static final String SEGMENTS = "segments";

  /// The note of the journal with the change counter of the database before the transaction; absent
  /// when it is not known.
  public static final String CHANGE_COUNTER = "changeCounter";

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final MoveJournal journal;
  private final PalacePaths paths;
  private final FileOps ops;
  private final RepairMoves names;
  private final Path database;

  private RepairRecovery(MoveJournal journal, PalacePaths paths, FileOps ops) {
    this.journal = journal;
    this.paths = paths;
    this.ops = ops;
    names = new RepairMoves(ops, paths);
    database = paths.palace().resolve(PalaceLayout.DATABASE);
  }

  /// Finishes or undoes the repair, removes its journal, and says in words what was done.
  ///
  /// @throws PalaceException.PersonNeeded when what stands in the palace is not what the repair
  ///   left
  static List<String> settle(MoveJournal journal, PalacePaths paths, FileOps ops)
      throws IOException {
    var recovery = new RepairRecovery(journal, paths, ops);
    try {
      return List.of(recovery.settle());
    } catch (PalaceException e) {
      throw e;
    } catch (IOException e) {
      throw recovery.personNeeded(e);
    }
  }

  private String settle() throws IOException {
    Optional<Boolean> committed = isCommitted();
    if (committed.isPresent() && !committed.get()) {
      takeBack(false);
      return "the repair %s had not changed the database yet; its new files were removed"
          .formatted(paths.run());
    }
    if (committed.isPresent() && isSound()) {
      return finish()
          ? "the repair %s was done and is finished; undo it with %s"
              .formatted(paths.run(), command("restore " + paths.run()))
          : "the repair %s was done; it cannot be undone, because %s is gone, and the segments it replaced stay where they are"
              .formatted(paths.run(), paths.snapshot());
    }
    if (nobodyWroteSince()) {
      takeBack(true);
      return "the repair %s left a palace that is damaged; the one before it was put back"
          .formatted(paths.run());
    }
    if (committed.isEmpty()) {
      throw personNeeded(new IOException(database + " cannot be read"));
    }
    finish();
    return "the repair %s left a palace that is damaged, and it was written to since; run %s"
        .formatted(paths.run(), command("repair"));
  }

  /// {@return whether the transaction of the repair is over; empty when the database cannot be
  /// read} An interrupted one is rolled back by SQLite as soon as the file is opened for writing.
  private Optional<Boolean> isCommitted() throws IOException {
    List<String> fresh =
        List.of(journal.purpose().notes().getOrDefault(SEGMENTS, "").split(",")).stream()
            .filter(id -> !id.isEmpty())
            .toList();
    try (ChromaDatabase writer = ChromaDatabase.openForWriting(database)) {
      writer.beginWriting(PATIENCE);
      List<String> present =
          writer.list("SELECT id FROM segments", row -> row.text(1).toLowerCase(Locale.ROOT));
      writer.rollback();
      ExclusiveLocking.end(writer);
      if (!fresh.isEmpty()) {
        return Optional.of(present.containsAll(fresh));
      }
    } catch (PalaceException.DamagedDatabase | PalaceException.Failed e) {
      return Optional.empty();
    }
    // Without fresh segments there is nothing to move, and only the snapshot is at stake.
    return Optional.of(!counterIs(0));
  }

  private boolean isSound() {
    try {
      return Doctor.examine(paths.palace(), Progress.SILENT).damages().stream()
          .noneMatch(RepairRecovery::isBroken);
    } catch (IOException e) {
      return false;
    }
  }

  /// What a repair may leave behind as not curable is neither the database nor an index.
  private static boolean isBroken(Finding finding) {
    return finding instanceof DatabaseFinding || finding instanceof IndexFinding;
  }

  private boolean nobodyWroteSince() throws IOException {
    return counterIs(1) && OpenHandles.scan(paths.palace()).handles().isEmpty();
  }

  /// {@return whether the database has been changed by that many transactions since the repair
  /// began; false when that is not known}
  private boolean counterIs(int transactions) throws IOException {
    String before = journal.purpose().notes().getOrDefault(CHANGE_COUNTER, "");
    try {
      return !before.isEmpty()
          && SourceDatabase.changeCounter(database) == Long.parseLong(before) + transactions;
    } catch (NumberFormatException | PalaceException.DamagedDatabase e) {
      return false;
    }
  }

  private void takeBack(boolean databaseToo) throws IOException {
    Optional<DatabaseSnapshot> snapshot = snapshot();
    names.bringBack(journal.moves());
    if (databaseToo) {
      snapshot.orElseThrow(() -> new IOException(paths.snapshot() + " is gone")).putBack();
    }
    names.takeOut(journal.moves());
    names.removeWorkFolder();
    if (snapshot.isPresent()) {
      snapshot.get().discard();
    }
    journal.remove(ops);
  }

  /// {@return whether there is a snapshot for the replaced segments to go to; somebody may have
  /// deleted it}
  private boolean finish() throws IOException {
    Optional<DatabaseSnapshot> snapshot = snapshot();
    if (snapshot.isPresent()) {
      names.finish(journal.moves());
      snapshot.get().seal();
    } else {
      names.keepText();
    }
    names.removeWorkFolder();
    journal.remove(ops);
    return snapshot.isPresent();
  }

  private Optional<DatabaseSnapshot> snapshot() {
    return new SnapshotStore(ops, paths.ops()).resumeDatabase(paths, journal.occasion());
  }

  private PalaceException.PersonNeeded personNeeded(IOException cause) {
    return new PalaceException.PersonNeeded(
        "the repair %s of %s was interrupted and cannot be settled (%s); the state before it is in %s"
            .formatted(paths.run(), paths.palace(), cause.getMessage(), paths.snapshot()),
        command("restore " + paths.run()),
        cause);
  }

  private String command(String verb) {
    return "palace %s --palace %s".formatted(verb, ShellWord.quote(paths.palace()));
  }
}
