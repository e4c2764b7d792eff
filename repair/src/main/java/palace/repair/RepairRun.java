package palace.repair;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.ShellWord;
import palace.common.chroma.ChromaDatabase;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.Doctor;
import palace.common.doctor.Finding;
import palace.common.restore.RepairRecovery;
import palace.common.snapshot.DatabaseSnapshot;
import palace.common.snapshot.SnapshotStore;
import palace.common.store.PalaceLayout;
import palace.common.swap.MoveJournal;

/// One repair of one palace in its own database, from the first copy to the report; the lock is
/// held around it.
final class RepairRun {
  private final RunContext context;

  RepairRun(RunContext context) {
    this.context = context;
  }

  /// Repairs a database whose write lock is held already.
  ///
  /// @param changeCounter of the file before
  Outcome on(RepairPlan plan, ChromaDatabase writer, long changeCounter) throws IOException {
    return RunRecord.recorded(
        context,
        () -> {
          var notes = new TreeMap<String, String>();
          notes.put(RepairRecovery.CHANGE_COUNTER, Long.toString(changeCounter));
          MoveJournal journal = context.journal(notes);
          DatabaseSnapshot snapshot = copy(journal);
          return treat(plan, journal, snapshot, writer);
        });
  }

  /// Repairs a database that SQLite recovers when it is opened for writing.
  Outcome recovering(RepairPlan plan) throws IOException {
    return RunRecord.recorded(
        context,
        () -> {
          MoveJournal journal = context.journal(new TreeMap<>());
          DatabaseSnapshot snapshot = copy(journal);
          try (ChromaDatabase writer = hold(journal, snapshot)) {
            return treat(plan, journal, snapshot, writer);
          }
        });
  }

  private DatabaseSnapshot copy(MoveJournal journal) throws IOException {
    try {
      DatabaseSnapshot snapshot =
          new SnapshotStore(context.ops(), context.paths().ops())
              .beginDatabase(context.paths(), context.occasion());
      DatabaseCopy.make(context.palace(), snapshot);
      return snapshot;
    } catch (IOException | RuntimeException e) {
      remove(journal, e);
      throw e;
    }
  }

  private void remove(MoveJournal journal, Exception cause) {
    try {
      journal.remove(context.ops());
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private ChromaDatabase hold(MoveJournal journal, DatabaseSnapshot snapshot) throws IOException {
    try {
      ChromaDatabase writer =
          Repair.hold(context.palace().resolve(PalaceLayout.DATABASE), context.request());
      try {
        DatabaseCopy.requireCurrent(context.ops(), context.palace(), snapshot);
        return writer;
      } catch (IOException | RuntimeException e) {
        try (writer) {
          throw e;
        }
      }
    } catch (IOException | RuntimeException e) {
      snapshot.discard();
      remove(journal, e);
      throw e;
    }
  }

  private Outcome treat(
      RepairPlan plan, MoveJournal journal, DatabaseSnapshot snapshot, ChromaDatabase writer)
      throws IOException {
    var placement = Placement.withSnapshot(context.ops(), context.paths(), journal);
    var undo = new Undo(context.paths(), placement, snapshot, writer);
    var rounds = new Rounds(context, writer, placement);
    Step.Watcher watcher = context.watcher();
    Diagnosis last;
    Map<String, Loss> lost;
    try {
      watcher.reached(Step.COPIED);
      last = rounds.treat(plan);
      lost = rounds.losses();
      undo.commit();
      watcher.reached(Step.COMMITTED);
      last = readBack(last, writer, rounds);
      watcher.reached(Step.READ_BACK);
      undo.finish();
      watcher.reached(Step.RETIRED);
      undo.seal();
      watcher.reached(Step.SEALED);
    } catch (IOException | RuntimeException | Error e) {
      undo.everything(e);
      throw RunContext.failed(e);
    }
    undo.tidy();
    return outcome(plan, last, rounds, lost, placement);
  }

  /// What was proven inside the transaction must be what the file holds after it. Nothing from here
  /// on may be cancelled.
  private Diagnosis readBack(Diagnosis proven, ChromaDatabase writer, Rounds rounds)
      throws IOException {
    // Pages of damaged trees that nothing refers to any more are no free pages either.
    boolean anew = rounds.reindexed() || rounds.vacuumed();
    if (anew) {
      vacuum(writer);
    }
    writer.forgetPages();
    List<String> said = writer.list("PRAGMA quick_check", row -> row.text(1));
    if (!anew && said.equals(List.of("ok"))) {
      return proven;
    }
    Diagnosis read = Doctor.examine(context.palace(), writer, Progress.SILENT);
    Set<List<String>> known = proven.damages().stream().map(Proof::key).collect(Collectors.toSet());
    for (Finding finding : read.damages()) {
      if (!known.contains(Proof.key(finding))) {
        throw new PalaceException.Failed(
            "the database is not what was written: " + finding.sentence(), "check the disk");
      }
    }
    if (rounds.vacuumed() && !rounds.digests().isEmpty()) {
      Proof.requireSameContent(
          context.palace(), writer, rounds.digests(), context.request().batchSize());
    }
    return read;
  }

  /// Without overwriting, what was deleted would stay in the gaps of pages that are written anew.
  private void vacuum(ChromaDatabase writer) throws IOException {
    if (context.request().scrub()) {
      writer.number("PRAGMA secure_delete=ON");
    }
    writer.execute("VACUUM");
    writer.mergeLog();
  }

  private Outcome outcome(
      RepairPlan plan, Diagnosis last, Rounds rounds, Map<String, Loss> lost, Placement placement) {
    var report =
        new RepairReport(
            context.palace(),
            context.paths().run(),
            plan,
            rounds.done(),
            lost,
            rounds.skipped(),
            Rounds.remaining(last),
            context.paths().snapshot(),
            List.of(context.restoreCommand()),
            rounds.lostVectors().isEmpty()
                ? Optional.empty()
                : Optional.of(placement.text().place()),
            notes(placement),
            Optional.empty(),
            context.took(),
            Optional.empty());
    return last.isHealthy() && lost.isEmpty()
        ? new Outcome.Repaired(report)
        : new Outcome.PartlyRepaired(report);
  }

  private List<String> notes(Placement placement) {
    var notes = new ArrayList<>(placement.aside().sentences());
    if (context.request().scrub()) {
      notes.add(
          "the snapshot of this run still holds what was scrubbed, and earlier ones may; when you no longer want the way back: rm -r %s"
              .formatted(ShellWord.quote(context.paths().snapshot())));
    }
    return notes;
  }
}
