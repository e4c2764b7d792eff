package palace.repair;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.ExitCode;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.RunId;
import palace.common.ShellWord;
import palace.common.chroma.Catalogue;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.CollectionRow;
import palace.common.doctor.DatabaseFinding;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.DirectoryFinding;
import palace.common.doctor.Doctor;
import palace.common.doctor.Finding;
import palace.common.files.FileOps;
import palace.common.history.History;
import palace.common.history.HistoryEntry;
import palace.common.restore.RepairRecovery;
import palace.common.snapshot.DatabaseSnapshot;
import palace.common.snapshot.SnapshotStore;
import palace.common.store.Drawer;
import palace.common.store.NeedsEmbedding;
import palace.common.store.PalaceLayout;
import palace.common.store.SkippedRow;
import palace.common.swap.LogValue;
import palace.common.swap.MoveJournal;
import palace.common.swap.Occasion;
import palace.common.swap.PalacePaths;

/// One repair of one palace, from the first copy to the report; the lock is held around it.
final class RepairRun {
  private static final Logger LOG = LoggerFactory.getLogger(RepairRun.class);

  /// Foundations, then the rest, then what only then came to light, then what comes last.
  private static final int MOST_ROUNDS = 6;

  private final Path palace;
  private final RepairRequest request;
  private final Progress progress;
  private final FileOps ops;
  private final Step.Watcher watcher;
  private final Instant started;
  private final RunId run;
  private final PalacePaths paths;
  private final Clock clock;
  private final Occasion occasion;
  private final List<RepairReport.Done> done = new ArrayList<>();
  private final Map<String, List<String>> lostVectors = new LinkedHashMap<>();
  private final Map<String, List<SkippedRow>> skipped = new LinkedHashMap<>();
  private final Map<String, String> digests = new LinkedHashMap<>();
  private boolean reindexed;
  private boolean vacuumed;

  RepairRun(
      Path palace,
      RepairRequest request,
      Progress progress,
      FileOps ops,
      Clock clock,
      Step.Watcher watcher)
      throws IOException {
    this.palace = palace;
    this.request = request;
    this.progress = progress;
    this.ops = ops;
    this.clock = clock;
    this.watcher = watcher;
    started = clock.instant();
    run = RunId.now(clock);
    paths = PalacePaths.of(palace, run);
    occasion = new Occasion(run, "repair", started, request.toolVersion());
  }

  /// Repairs a database whose write lock is held already.
  ///
  /// @param changeCounter of the file before
  Outcome on(RepairPlan plan, ChromaDatabase writer, long changeCounter) throws IOException {
    return recorded(() -> {
      var notes = new TreeMap<String, String>();
      notes.put(RepairRecovery.CHANGE_COUNTER, Long.toString(changeCounter));
      MoveJournal journal = journal(notes);
      DatabaseSnapshot snapshot = copy(journal);
      return treat(plan, new Undo(ops, paths, journal, snapshot, writer), writer);
    });
  }

  /// Repairs a database that SQLite recovers when it is opened for writing.
  Outcome recovering(RepairPlan plan) throws IOException {
    return recorded(() -> {
      MoveJournal journal = journal(new TreeMap<>());
      DatabaseSnapshot snapshot = copy(journal);
      try (ChromaDatabase writer = hold(journal, snapshot)) {
        return treat(plan, new Undo(ops, paths, journal, snapshot, writer), writer);
      }
    });
  }

  /// Notes that the run has begun; by this the next run finds what this one leaves.
  private MoveJournal journal(SortedMap<String, String> notes) throws IOException {
    try {
      return MoveJournal.write(ops, paths, occasion, MoveJournal.Purpose.repair(notes), List.of());
    } catch (IOException e) {
      throw new PalaceException.Refused(
          "cannot write a journal into %s: %s; nothing was changed".formatted(paths.ops(), e),
          "make room or give access there, then run it again",
          e);
    }
  }

  private DatabaseSnapshot copy(MoveJournal journal) throws IOException {
    try {
      DatabaseSnapshot snapshot =
          new SnapshotStore(ops, paths.ops()).beginDatabase(paths, occasion);
      DatabaseCopy.make(palace, snapshot);
      return snapshot;
    } catch (IOException | RuntimeException e) {
      remove(journal, e);
      throw e;
    }
  }

  private void remove(MoveJournal journal, Exception cause) {
    try {
      journal.remove(ops);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private ChromaDatabase hold(MoveJournal journal, DatabaseSnapshot snapshot) throws IOException {
    try {
      ChromaDatabase writer = Repair.hold(palace.resolve(PalaceLayout.DATABASE), request);
      try {
        DatabaseCopy.requireCurrent(ops, palace, snapshot);
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

  private Outcome treat(RepairPlan plan, Undo undo, ChromaDatabase writer) throws IOException {
    Diagnosis last;
    try {
      watcher.reached(Step.COPIED);
      last = rounds(plan, writer, undo);
      undo.commit();
      watcher.reached(Step.COMMITTED);
      last = readBack(last, writer);
      watcher.reached(Step.READ_BACK);
      undo.finish();
      watcher.reached(Step.RETIRED);
      undo.seal();
      watcher.reached(Step.SEALED);
    } catch (IOException | RuntimeException | Error e) {
      undo.everything(e);
      throw failed(e);
    }
    undo.tidy();
    return outcome(plan, last, undo);
  }

  private Diagnosis rounds(RepairPlan first, ChromaDatabase writer, Undo undo) throws IOException {
    RepairPlan plan = first;
    RepairRequest asked = request;
    Diagnosis after = plan.diagnosis();
    for (int count = 0; count < MOST_ROUNDS && !plan.cures().isEmpty(); count++) {
      Repair.requireAcceptedLoss(plan, request);
      Stage stage = Stage.first(plan.treatments());
      reindexed |= plan.treatments().stream().anyMatch(Reindex.class::isInstance);
      vacuumed |= plan.treatments().stream().anyMatch(Vacuum.class::isInstance);
      var round = new Round(palace, writer, asked, plan, stage, undo, progress, watcher);
      after = reindexed ? withoutOldTrees(round.treat()) : round.treat();
      record(round);
      asked = stage.rest(asked);
      after = withoutRetired(after, undo);
      plan = Planner.plan(after, asked);
    }
    List<CollectionRow> collections = Catalogue.read(writer).collections();
    undo.settleList(line -> isBack(line, collections, writer));
    return after;
  }

  private static boolean isBack(
      NeedsEmbedding.Line line, List<CollectionRow> collections, ChromaDatabase writer) {
    Optional<CollectionRow> row =
        line.drawer().flatMap(drawer -> WaitingList.collectionOf(drawer, collections));
    try {
      return row.isPresent()
          && writer.number(
                  "SELECT count(*) FROM embeddings WHERE embedding_id=? AND segment_id IN"
                      + " (SELECT id FROM segments WHERE scope='METADATA' AND collection=?)",
                  line.drawer().orElseThrow().id(),
                  row.get().id())
              > 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// A replaced segment lies in the palace, where it belongs to nothing, until the end.
  private static Diagnosis withoutRetired(Diagnosis diagnosis, Undo undo) {
    return without(
        diagnosis,
        finding ->
            finding instanceof DirectoryFinding.Orphan(Path directory, long bytes)
                && undo.isRetiring(directory));
  }

  /// Inside the transaction that made its SQL indexes anew, pages of the damaged trees still belong
  /// to nothing.
  private static Diagnosis withoutOldTrees(Diagnosis diagnosis) {
    return without(diagnosis, DatabaseFinding.SqlIndexesDamaged.class::isInstance);
  }

  private static Diagnosis without(Diagnosis diagnosis, Predicate<Finding> left) {
    return new Diagnosis(
        diagnosis.palace(),
        diagnosis.level(),
        diagnosis.findings().stream().filter(left.negate()).toList(),
        diagnosis.notRun(),
        diagnosis.collections());
  }

  /// What was proven inside the transaction must be what the file holds after it. Nothing from here
  /// on may be cancelled.
  private Diagnosis readBack(Diagnosis proven, ChromaDatabase writer) throws IOException {
    // Pages of damaged trees that nothing refers to any more are no free pages either.
    if (reindexed || vacuumed) {
      vacuum(writer);
    }
    writer.forgetPages();
    List<String> said = writer.list("PRAGMA quick_check", row -> row.text(1));
    if (!reindexed && !vacuumed && said.equals(List.of("ok"))) {
      return proven;
    }
    Diagnosis read = Doctor.examine(palace, writer, Progress.SILENT);
    Set<List<String>> known = proven.damages().stream().map(Proof::key).collect(Collectors.toSet());
    for (Finding finding : read.damages()) {
      if (!known.contains(Proof.key(finding))) {
        throw new PalaceException.Failed(
            "the database is not what was written: " + finding.sentence(), "check the disk");
      }
    }
    if (vacuumed && !digests.isEmpty()) {
      Proof.requireSameContent(palace, writer, digests, request.batchSize());
    }
    return read;
  }

  /// Without overwriting, what was deleted would stay in the gaps of pages that are written anew.
  private void vacuum(ChromaDatabase writer) throws IOException {
    if (request.scrub()) {
      writer.number("PRAGMA secure_delete=ON");
    }
    writer.execute("VACUUM");
    writer.mergeLog();
  }

  private void record(Round round) {
    done.addAll(round.done());
    digests.clear();
    digests.putAll(round.digests());
    for (NewIndex index : round.newIndexes()) {
      String name = index.facts().row().label();
      if (!index.lost().isEmpty()) {
        lostVectors
            .computeIfAbsent(name, key -> new ArrayList<>())
            .addAll(index.lost().stream().map(Drawer::id).toList());
      }
      if (!index.skipped().isEmpty()) {
        skipped.computeIfAbsent(name, key -> new ArrayList<>()).addAll(index.skipped());
      }
    }
  }

  private Outcome outcome(RepairPlan plan, Diagnosis last, Undo undo) {
    var lost = new LinkedHashMap<String, Loss>();
    lostVectors.forEach(
        (name, ids) -> lost.put(name, new Loss(List.of(), ids, List.of(), List.of())));
    List<Finding> remaining =
        last.findings().stream().filter(finding -> !retired(finding)).toList();
    var report =
        new RepairReport(
            palace,
            run,
            plan,
            done,
            lost,
            skipped,
            remaining,
            paths.snapshot(),
            List.of(undo.restoreCommand()),
            lost.isEmpty() ? Optional.empty() : Optional.of(undo.text().place()),
            notes(undo),
            Optional.empty(),
            Duration.between(started, clock.instant()));
    return last.isHealthy() && lost.isEmpty()
        ? new Outcome.Repaired(report)
        : new Outcome.PartlyRepaired(report);
  }

  private List<String> notes(Undo undo) {
    var notes = new ArrayList<>(undo.aside().sentences());
    if (request.scrub()) {
      notes.add(
          "the snapshot of this run still holds what was scrubbed, and earlier ones may; when you no longer want the way back: rm -r %s"
              .formatted(ShellWord.quote(paths.snapshot())));
    }
    return notes;
  }

  /// The work of a run.
  @FunctionalInterface
  private interface Work {
    Outcome run() throws IOException;
  }

  private Outcome recorded(Work work) throws IOException {
    try {
      Outcome outcome = work.run();
      remember("done", outcome.exitCode(), summary(outcome));
      return outcome;
    } catch (PalaceException e) {
      boolean undone = !(e instanceof PalaceException.PersonNeeded);
      String word = e instanceof PalaceException.Refused ? "refused" : "rolled-back";
      remember(
          undone ? word : "person-needed",
          e.exitCode(),
          Map.of("cause", String.valueOf(e.getMessage())));
      throw e;
    }
  }

  private static Map<String, Object> summary(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Repaired(RepairReport report) -> summary(report);
      case Outcome.PartlyRepaired(RepairReport report) -> summary(report);
      case Outcome.Healthy healthy -> Map.of();
      case Outcome.Planned planned -> Map.of();
      case Outcome.Waiting waiting -> Map.of();
    };
  }

  private static Map<String, Object> summary(RepairReport report) {
    return Map.of(
        "findings", report.plan().diagnosis().damages().size(),
        "remaining", report.remaining().size(),
        "seconds", report.took().toSeconds(),
        "snapshot", report.run().value());
  }

  /// A history that cannot be written is said; it changes nothing about how the run ended.
  private void remember(String word, ExitCode exitCode, Map<String, Object> summary) {
    var entry =
        new HistoryEntry(
            clock.instant(), run, "repair", word, exitCode.code(), request.toolVersion(), summary);
    try {
      History.in(paths.ops()).append(entry);
    } catch (IOException e) {
      LOG.warn("history.not-written cause={}", LogValue.of(e));
    }
  }

  /// A failure that already says how the command ends keeps its kind.
  private static PalaceException failed(Throwable cause) {
    if (cause instanceof PalaceException said) {
      return said;
    }
    return new PalaceException.Failed(
        "the repair failed and was undone: " + cause, "run palace doctor", cause);
  }

  /// The doctor looked before the replaced directories were moved away.
  private static boolean retired(Finding finding) {
    return finding instanceof DirectoryFinding.Orphan(Path directory, long bytes)
        && !Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS);
  }
}
