package palace.repair;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.RunId;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.SourceDatabase;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.Doctor;
import palace.common.files.FileOps;
import palace.common.lock.PalaceLock;
import palace.common.restore.Direction;
import palace.common.restore.Recovery;
import palace.common.sources.Source;
import palace.common.store.Palace;
import palace.common.store.PalaceLayout;
import palace.common.swap.PalacePaths;

/// Repairs palaces: the copy first, new indexes beside the old ones, one commit.
///
/// 1. take the lock, settle what an interrupted run left, and refuse a palace that somebody has
///    open
/// 2. take the write lock of the database, in the transaction that ends with step 7
/// 3. examine the palace
/// 4. plan: every finding has a treatment, or is named as one that has none
/// 5. copy the database into a snapshot
/// 6. write fresh indexes below `.palace/`, note their names in the journal and give them, change
///    all rows in the transaction, examine the palace through it, and compare the content digests
/// 7. its end is the switch
/// 8. read the database back, and move the replaced segment directories into the snapshot
/// 9. on any failure take it back: before the switch by rolling back, after it by putting the copy
///    and the directories back
///
/// Where the findings about single rows cannot be trusted before others are cured (a damaged SQL
/// index, a missing segment), those are treated first, and step 6 is gone through again; it is
/// still the same transaction. A database that SQLite has to recover is copied from its private
/// recovered copy, opened for writing after that, and must then be what was copied.
public final class Repair {
  private static final Logger LOG = LoggerFactory.getLogger(Repair.class);

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
    Path place = PalacePaths.realPath(request.palace());
    Optional<Source.Copy> copy = AbsentPalace.copyFor(place);
    if (copy.isPresent() && request.dryRun()) {
      return new Outcome.Planned(AbsentPalace.plan(place, copy.get(), progress));
    }
    Path palace = copy.isPresent() ? place : Palace.locate(request.palace());
    if (request.dryRun()) {
      RepairPlan plan = plan(palace, request);
      return plan.isEmpty() && plan.diagnosis().isHealthy()
          ? new Outcome.Healthy(plan.diagnosis())
          : new Outcome.Planned(plan);
    }
    try (PalaceLock lock = PalaceLock.acquire(palace, "repair", request.patience())) {
      Recovery.settle(lock, palace, Direction.BACK, request.toolVersion())
          .sentences()
          .forEach(LOG::warn);
      lock.requireQuiet(request.force()).warnings().forEach(LOG::warn);
      return orPutBack(palace, request);
    }
  }

  private Outcome orPutBack(Path place, RepairRequest request) throws IOException {
    Optional<Source.Copy> copy = AbsentPalace.copyFor(place);
    if (copy.isEmpty()) {
      return underLock(Palace.locate(place), request);
    }
    new AbsentPalace(ops, PalacePaths.of(place, RunId.now(clock)), copy.get()).putBack();
    return new Outcome.PutBack(copy.get().place(), underLock(Palace.locate(place), request));
  }

  private Outcome underLock(Path palace, RepairRequest request) throws IOException {
    Path database = palace.resolve(PalaceLayout.DATABASE);
    if (!ChromaDatabase.canWriteWithoutRecovery(database)) {
      return recovering(palace, request);
    }
    long changeCounter = SourceDatabase.changeCounter(database);
    Optional<ChromaDatabase> writer = holdUnlessDamaged(database, request);
    if (writer.isEmpty()) {
      return recovering(palace, request);
    }
    try (ChromaDatabase held = writer.get()) {
      RepairPlan plan = plan(palace, request);
      return plan.cures().isEmpty()
          ? healthyOrRefused(plan)
          : run(palace, request).on(plan, held, changeCounter);
    }
  }

  private Outcome recovering(Path palace, RepairRequest request) throws IOException {
    RepairPlan plan = plan(palace, request);
    return plan.cures().isEmpty() ? healthyOrRefused(plan) : run(palace, request).recovering(plan);
  }

  private RepairRun run(Path palace, RepairRequest request) throws IOException {
    return new RepairRun(palace, request, progress, ops, clock, watcher);
  }

  /// What damage keeps the database from being opened for writing is for the doctor to say.
  private static Optional<ChromaDatabase> holdUnlessDamaged(Path database, RepairRequest request)
      throws IOException {
    try {
      return Optional.of(hold(database, request));
    } catch (PalaceException.DamagedDatabase | PalaceException.Failed e) {
      return Optional.empty();
    }
  }

  /// {@return a connection that holds the write lock; whoever calls closes it}
  static ChromaDatabase hold(Path database, RepairRequest request) throws IOException {
    ChromaDatabase writer = ChromaDatabase.openForWriting(database);
    try {
      writer.beginWriting(request.patience());
      return writer;
    } catch (IOException | RuntimeException e) {
      try (writer) {
        throw e;
      }
    }
  }

  private RepairPlan plan(Path palace, RepairRequest request) throws IOException {
    Diagnosis diagnosis = Doctor.examine(palace, progress);
    if (request.sources().isEmpty()) {
      return Planner.plan(diagnosis, request);
    }
    try (Palace opened = Palace.open(NamedSources.layout(palace, request))) {
      return Planner.plan(NamedSources.add(diagnosis, opened, request), request);
    }
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
}
