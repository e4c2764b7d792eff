package palace.repair;

import java.io.IOException;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.RunId;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.DirectoryFinding;
import palace.common.doctor.Finding;
import palace.common.files.FileOps;
import palace.common.history.History;
import palace.common.history.HistoryEntry;
import palace.common.snapshot.DatabaseSnapshot;
import palace.common.snapshot.Snapshot;
import palace.common.snapshot.SnapshotStore;
import palace.common.store.Drawer;
import palace.common.store.SkippedRow;
import palace.common.swap.LogValue;
import palace.common.swap.Occasion;
import palace.common.swap.PalacePaths;

/// One repair of one palace, from the first copy to the report; the lock is held around it.
final class RepairRun {
  private static final Logger LOG = LoggerFactory.getLogger(RepairRun.class);

  /// Foundations, then the rest, then what only then came to light.
  private static final int MOST_ROUNDS = 4;

  private final Path palace;
  private final RepairRequest request;
  private final Progress progress;
  private final FileOps ops;
  private final Step.Watcher watcher;
  private final Instant started;
  private final RunId run;
  private final PalacePaths paths;
  private final Clock clock;
  private final List<RepairReport.Done> done = new ArrayList<>();
  private final Map<String, List<String>> lostVectors = new LinkedHashMap<>();
  private final Map<String, List<SkippedRow>> skipped = new LinkedHashMap<>();

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
  }

  Outcome run(RepairPlan plan) throws IOException {
    DatabaseSnapshot snapshot =
        SnapshotStore.in(paths.ops())
            .beginDatabase(
                paths, new Occasion(run, "repair", started, request.toolVersion()));
    DatabaseCopy.make(palace, snapshot);
    Undo undo = new Undo(ops, paths, snapshot);
    try {
      watcher.reached(Step.COPIED);
      Diagnosis last = rounds(plan, undo);
      snapshot.seal();
      undo.removeWorkFolder();
      return outcome(plan, last, undo);
    } catch (IOException | RuntimeException | Error e) {
      undo.everything(e);
      throw failed(e);
    }
  }

  private Diagnosis rounds(RepairPlan first, Undo undo) throws IOException {
    RepairPlan plan = first;
    Diagnosis after = plan.diagnosis();
    for (int count = 0; count < MOST_ROUNDS && !plan.cures().isEmpty(); count++) {
      boolean foundation = plan.treatments().stream().anyMatch(Treatment::isFoundation);
      var round = new Round(palace, request, plan, foundation, undo, progress, watcher);
      after = round.treat();
      record(round);
      plan = Planner.plan(after, foundation ? request : request.withoutForcedRebuild());
    }
    return after;
  }

  private void record(Round round) {
    done.addAll(round.done());
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
            undo.commands(),
            lost.isEmpty() ? Optional.empty() : Optional.of(undo.needsEmbedding().file()),
            Duration.between(started, clock.instant()));
    Outcome outcome =
        last.isHealthy() && lost.isEmpty()
            ? new Outcome.Repaired(report)
            : new Outcome.PartlyRepaired(report);
    remember(outcome, report);
    return outcome;
  }

  /// The palace is repaired by now: a history that cannot be written is said, not a failure.
  private void remember(Outcome outcome, RepairReport report) {
    var entry =
        new HistoryEntry(
            clock.instant(),
            run,
            "repair",
            "done",
            outcome.exitCode().code(),
            request.toolVersion(),
            Map.of(
                "findings", report.plan().diagnosis().damages().size(),
                "remaining", report.remaining().size(),
                "seconds", report.took().toSeconds()));
    try {
      History.in(paths.ops()).append(entry);
    } catch (IOException e) {
      LOG.warn("history.not-written cause={}", LogValue.of(e));
    }
  }

  /// A failure that already says how the command ends keeps its kind.
  private static IOException failed(Throwable cause) {
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
