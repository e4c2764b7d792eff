package palace.repair;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.stream.Collectors;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.Doctor;
import palace.common.files.FileOps;
import palace.common.lock.OpenHandles;
import palace.common.lock.PalaceLock;
import palace.common.store.Palace;

/// Repairs palaces: the copy first, new indexes beside the old ones, one commit.
///
/// 1. take the lock, and refuse a palace that somebody has open
/// 2. examine it
/// 3. plan: every finding has a treatment, or is named as one that has none
/// 4. copy the database into a snapshot
/// 5. write fresh indexes below `.palace/`, and change all rows in one transaction
/// 6. its commit is the switch
/// 7. examine again, and compare the content digests
/// 8. move the replaced segment directories into the snapshot
/// 9. on any failure put the copy and the directories back
///
/// Where the findings about single rows cannot be trusted before others are cured (a damaged SQL
/// index, a missing segment), those are treated first, in a transaction of their own, and steps 2
/// to 7 are gone through again; the snapshot remains the state before all of it.
public final class Repair {
  private final Progress progress;
  private final FileOps ops;
  private final Clock clock;
  private final Step.Watcher watcher;

  /// A repair that reports how far it is.
  public Repair(Progress progress) {
    this(progress, FileOps.real(), Clock.systemUTC(), step -> {});
  }

  Repair(Progress progress, FileOps ops, Clock clock, Step.Watcher watcher) {
    this.progress = progress;
    this.ops = ops;
    this.clock = clock;
    this.watcher = watcher;
  }

  /// Examines a palace, plans, and unless only the plan is asked for, cures it.
  ///
  /// Whatever is thrown, the palace is as it was, except with [PalaceException.PersonNeeded], whose
  /// message says where everything is.
  ///
  /// @throws PalaceException.Busy when somebody has the palace open
  /// @throws PalaceException.Refused when nothing that is wrong can be treated, or no copy of the
  ///   database can be made
  public Outcome run(RepairRequest request) throws IOException {
    Path palace = Palace.locate(request.palace());
    if (request.dryRun()) {
      RepairPlan plan = plan(palace, request);
      return plan.isEmpty() && plan.diagnosis().isHealthy()
          ? new Outcome.Healthy(plan.diagnosis())
          : new Outcome.Planned(plan);
    }
    try (PalaceLock lock = PalaceLock.acquire(palace, "repair", request.patience())) {
      requireUnused(palace);
      RepairPlan plan = plan(palace, request);
      if (plan.cures().isEmpty()) {
        return healthyOrRefused(plan);
      }
      return new RepairRun(palace, request, progress, ops, clock, watcher).run(plan);
    }
  }

  private RepairPlan plan(Path palace, RepairRequest request) throws IOException {
    return Planner.plan(Doctor.examine(palace, progress), request);
  }

  private static Outcome healthyOrRefused(RepairPlan plan) throws PalaceException.Refused {
    Diagnosis diagnosis = plan.diagnosis();
    if (!plan.untreatable().isEmpty()) {
      throw new PalaceException.Refused(
          "%s: nothing was changed: %s"
              .formatted(
                  diagnosis.palace(),
                  plan.untreatable().stream()
                      .map(item -> item.finding().sentence() + " (" + item.reason() + ")")
                      .collect(Collectors.joining("; "))),
          "if other copies of this palace exist (a backup, a snapshot), try those first");
    }
    List<String> unanswered = Planner.unanswered(diagnosis);
    if (!unanswered.isEmpty()) {
      throw new PalaceException.Refused(
          "%s: nothing was changed, because these checks could not be made: %s"
              .formatted(diagnosis.palace(), String.join("; ", unanswered)),
          "palace doctor shows every check");
    }
    return new Outcome.Healthy(diagnosis);
  }

  private static void requireUnused(Path palace) throws IOException {
    OpenHandles.Scan scan = OpenHandles.scan(palace);
    if (!scan.handles().isEmpty()) {
      OpenHandles.Handle first = scan.handles().getFirst();
      throw new PalaceException.Busy(
          "%s is open in process %d (%s): %s; nothing was changed"
              .formatted(palace, first.pid(), first.command(), first.file().getFileName()),
          "stop that process, then run it again");
    }
  }
}
