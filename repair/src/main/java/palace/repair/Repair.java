package palace.repair;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.RunId;
import palace.common.ShellWord;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.SourceDatabase;
import palace.common.doctor.CollectionName;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.Doctor;
import palace.common.files.FileOps;
import palace.common.files.OwnEntry;
import palace.common.lock.PalaceLock;
import palace.common.restore.Direction;
import palace.common.restore.Recovery;
import palace.common.sources.Source;
import palace.common.store.NeedsEmbedding;
import palace.common.store.Palace;
import palace.common.store.PalaceLayout;
import palace.common.swap.LogValue;
import palace.common.swap.Occasion;
import palace.common.swap.PalacePaths;
import palace.repair.embedder.Pace;

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
/// A database that SQLite cannot read whole, or turns out to be unable to write, is not changed but
/// replaced: [RescueRun] says how.
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
  private final Pace pace;

  /// A repair that reports how far it is.
  public Repair(Progress progress) {
    this(progress, FileOps.real(), Clock.systemUTC(), step -> {});
  }

  Repair(Progress progress, FileOps ops, Clock clock, Step.Watcher watcher) {
    this(progress, ops, clock, watcher, Pace.USUAL);
  }

  Repair(Progress progress, FileOps ops, Clock clock, Step.Watcher watcher, Pace pace) {
    this.pace = pace;
    this.progress = progress;
    this.ops = ops;
    this.clock = clock;
    this.watcher = watcher;
  }

  /// Examines a palace, plans, and unless only the plan is asked for, cures it.
  ///
  /// Whatever is thrown, the palace is as it was, except with [PalaceException.PersonNeeded], whose
  /// message says where everything is, and that a palace which was put back where none was stays
  /// there.
  ///
  /// @throws PalaceException.Busy when somebody has the palace open
  /// @throws PalaceException.Refused when nothing that is wrong can be treated, or no copy of the
  ///   database can be made
  public Outcome run(RepairRequest request) throws IOException {
    Path place = PalacePaths.realPath(request.palace());
    if (request.dryRun()) {
      return looked(place, request);
    }
    boolean away =
        !AbsentPalace.isTaken(place) && AbsentPalace.copyFor(place, progress).isPresent();
    Path palace = away ? place : existing(request.palace());
    try (PalaceLock lock = PalaceLock.acquire(palace, "repair", request.patience())) {
      Recovery.settle(lock, palace, Direction.BACK, request.toolVersion())
          .sentences()
          .forEach(LOG::warn);
      lock.requireQuiet(request.force()).warnings().forEach(LOG::warn);
      return orPutBack(lock, palace, request);
    }
  }

  private Outcome looked(Path place, RepairRequest request) throws IOException {
    Optional<Source.Copy> copy = AbsentPalace.copyFor(place, progress);
    if (copy.isPresent()) {
      return new Outcome.Planned(AbsentPalace.plan(place, copy.get(), progress));
    }
    Path palace = Palace.locate(request.palace());
    RepairPlan plan =
        announced(palace, planned(palace, Doctor.examine(palace, progress), request), request);
    return plan.isEmpty() && plan.diagnosis().isHealthy()
        ? new Outcome.Healthy(plan.diagnosis())
        : new Outcome.Planned(plan);
  }

  private Outcome orPutBack(PalaceLock lock, Path place, RepairRequest request) throws IOException {
    Optional<Source.Copy> copy = AbsentPalace.copyFor(place, progress);
    if (copy.isEmpty()) {
      return treating(lock, Palace.locate(place), request);
    }
    RunId run = RunId.now(clock);
    var occasion = new Occasion(run, "repair", clock.instant(), request.toolVersion());
    Optional<RunId> displaced =
        new AbsentPalace(ops, PalacePaths.of(place, run), occasion, copy.get()).putBack();
    Outcome then = treating(lock, Palace.locate(place), request);
    return new Outcome.PutBack(copy.get().place(), displaced, then);
  }

  private Outcome treating(PalaceLock lock, Path palace, RepairRequest request) throws IOException {
    return request.embedder().isEmpty()
        ? underLock(lock, palace, request)
        : embedding(lock, palace, request);
  }

  /// {@return the palace, which is there, or away for the moment of an interrupted run}
  private static Path existing(Path named) throws IOException {
    try {
      return Palace.locate(named);
    } catch (PalaceException.Refused e) {
      if (Recovery.look(named).nothing()) {
        throw e;
      }
      return named;
    }
  }

  private Outcome embedding(PalaceLock lock, Path palace, RepairRequest request)
      throws IOException {
    try (var embedding = new Embedding(palace, request.embedder().orElseThrow(), pace, progress)) {
      EmbeddingRepair.Run run =
          asked -> {
            lock.requireQuiet(asked.force()).warnings().forEach(LOG::warn);
            return underLock(lock, palace, asked);
          };
      return new EmbeddingRepair(palace, request, embedding, run).run();
    }
  }

  /// What the embedder would be asked for belongs to the plan that is shown.
  private static RepairPlan announced(Path palace, RepairPlan plan, RepairRequest request)
      throws IOException {
    if (request.embedder().isEmpty()) {
      return plan;
    }
    Set<CollectionName> waiting = new LinkedHashSet<>();
    plan.diagnosis().collections().stream()
        .filter(summary -> summary.vectorsMissing() > 0)
        .forEach(summary -> waiting.add(new CollectionName(summary.id(), summary.name())));
    try (Palace opened = Palace.open(palace)) {
      WaitingList.read(palace.resolve(NeedsEmbedding.NAME), opened.collections())
          .each((drawer, row) ->
              row.ifPresent(found -> waiting.add(new CollectionName(found.id(), found.name()))));
    } catch (PalaceException.DamagedDatabase | PalaceException.Failed e) {
      LOG.warn("list.unread cause={}", e.getMessage());
    }
    var cures = new ArrayList<>(plan.cures());
    waiting.forEach(in -> cures.add(new RepairPlan.Cure(new FillVectors(in), List.of())));
    return new RepairPlan(plan.diagnosis(), cures, plan.untreatable());
  }

  private Outcome underLock(PalaceLock lock, Path palace, RepairRequest request)
      throws IOException {
    Path database = palace.resolve(PalaceLayout.DATABASE);
    requireOwn(database);
    if (!ChromaDatabase.canWriteWithoutRecovery(database)) {
      return recovering(lock, palace, request);
    }
    long changeCounter = SourceDatabase.changeCounter(database);
    Optional<ChromaDatabase> writer = holdUnlessDamaged(database, request);
    if (writer.isEmpty()) {
      return recovering(lock, palace, request);
    }
    final RepairPlan plan;
    try (ChromaDatabase held = writer.get()) {
      plan = plan(palace, request);
      if (!plan.isRescue()) {
        if (plan.cures().isEmpty()) {
          return healthyOrRefused(plan);
        }
        requireAcceptedLoss(plan, request);
        Optional<Outcome> outcome =
            unlessDamaged(run -> run.on(plan, held, changeCounter), palace, request);
        if (outcome.isPresent()) {
          return outcome.get();
        }
      }
    }
    return new RescueRun(context(palace, request), lock).run(plan.diagnosis());
  }

  /// Treats a database in its place.
  ///
  /// @return what came of it, or nothing where a change met damage that no reading had shown; it is
  ///   undone then
  private Optional<Outcome> unlessDamaged(Treating treating, Path palace, RepairRequest request)
      throws IOException {
    try {
      return Optional.of(treating.with(new RepairRun(context(palace, request))));
    } catch (PalaceException.DamagedDatabase e) {
      LOG.warn("repair.needs-rescue palace={} cause={}", LogValue.of(palace), LogValue.of(e));
      return Optional.empty();
    }
  }

  private interface Treating {
    Outcome with(RepairRun run) throws IOException;
  }

  /// @throws PalaceException.Refused when a treatment would discard something that can still be
  ///   read, and nobody accepted that
  static void requireAcceptedLoss(RepairPlan plan, RepairRequest request)
      throws PalaceException.Refused {
    String discarded =
        plan.cures().stream()
            .flatMap(cure -> cure.treatment().discards(cure.findings()).stream())
            .collect(Collectors.joining("; "));
    if (!request.acceptLoss() && !discarded.isEmpty()) {
      throw new PalaceException.Refused(
          "%s: nothing was changed, because something that can be read would be discarded: %s"
              .formatted(plan.diagnosis().palace(), discarded),
          "add --accept-loss to go ahead; the snapshot of the run keeps the whole database");
    }
  }

  /// A database that is changed in its place changes under its other names, too.
  private static void requireOwn(Path database) throws IOException {
    for (String suffix : List.of("", "-wal", "-journal")) {
      Path file = SourceDatabase.sidecar(database, suffix);
      if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && OwnEntry.hasOtherNames(file)) {
        throw new PalaceException.Refused(
            file
                + ": has other names (hard links), which would change with it; nothing was changed",
            "give the palace a file of its own: cp -p %1$s %1$s.own && mv %1$s.own %1$s"
                .formatted(ShellWord.quote(file)));
      }
    }
  }

  private Outcome recovering(PalaceLock lock, Path palace, RepairRequest request)
      throws IOException {
    RepairPlan plan = plan(palace, request);
    if (plan.isRescue()) {
      return new RescueRun(context(palace, request), lock).run(plan.diagnosis());
    }
    if (plan.cures().isEmpty()) {
      return healthyOrRefused(plan);
    }
    requireAcceptedLoss(plan, request);
    Optional<Outcome> outcome = unlessDamaged(run -> run.recovering(plan), palace, request);
    return outcome.isPresent()
        ? outcome.get()
        : new RescueRun(context(palace, request), lock).run(plan.diagnosis());
  }

  private RunContext context(Path palace, RepairRequest request) throws IOException {
    return RunContext.begin(palace, request, progress, ops, clock, watcher);
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
      requireNoTrigger(writer);
      return writer;
    } catch (IOException | RuntimeException e) {
      try (writer) {
        throw e;
      }
    }
  }

  private static void requireNoTrigger(ChromaDatabase writer) throws IOException {
    Optional<String> trigger = writer.schema().trigger();
    if (trigger.isPresent()) {
      throw new PalaceException.Refused(
          "%s: its trigger %s would run with every change; nothing was changed"
              .formatted(writer.file(), trigger.get()),
          "no Chroma makes triggers: drop it with the tool that made it, or run palace migrate");
    }
  }

  private RepairPlan plan(Path palace, RepairRequest request) throws IOException {
    return planned(palace, Doctor.look(palace, progress), request);
  }

  private static RepairPlan planned(Path palace, Diagnosis diagnosis, RepairRequest request)
      throws IOException {
    RepairPlan plan = Planner.plan(diagnosis, request);
    if (request.sources().isEmpty() || plan.isRescue()) {
      return plan;
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
