package palace.repair;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.PalaceException;
import palace.common.chroma.ChromaDatabase;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.Doctor;
import palace.common.doctor.SalvagedCopy;
import palace.common.files.DiskSpace;
import palace.common.files.Likeness;
import palace.common.lock.Fence;
import palace.common.lock.PalaceLock;
import palace.common.restore.RescueRecovery;
import palace.common.snapshot.Snapshot;
import palace.common.snapshot.SnapshotStore;
import palace.common.store.PalaceLayout;
import palace.common.swap.EntrySwap;
import palace.common.swap.LogValue;
import palace.common.swap.MoveJournal;
import palace.common.swap.MoveSet;

/// One rescue: a palace whose database SQLite cannot read whole gets a fresh one, made of every row
/// that can be had.
///
/// 1. journal; everything until the exchange happens in the working folder, but for fresh indexes,
///    which no row names yet
/// 2. salvage the damaged file, which is only read and never opened by SQLite
/// 3. treat the fresh database with the palace's own indexes as any other, prove it, make it
///    durable, read it back
/// 4. see that nobody has the palace open or has written to it since
/// 5. exchange: the damaged file and its sidecars go into the snapshot by renames, the fresh one
///    comes; a copy of it beforehand would be worth no more than itself
/// 6. replaced segments follow into the snapshot, which is described
///
/// Whatever fails before the description leaves the palace as it was. A run that is killed is
/// undone by the next one if that was before step 5, and finished after it.
final class RescueRun {
  private static final Logger LOG = LoggerFactory.getLogger(RescueRun.class);

  private final RunContext context;
  private final PalaceLock lock;
  private final Path live;

  RescueRun(RunContext context, PalaceLock lock) {
    this.context = context;
    this.lock = lock;
    live = context.palace().resolve(PalaceLayout.DATABASE);
  }

  /// @param looked what SQLite could read of the database
  Outcome run(Diagnosis looked) throws IOException {
    return RunRecord.recorded(context, () -> rescue(looked));
  }

  private Outcome rescue(Diagnosis looked) throws IOException {
    StoreMarks before = StoreMarks.of(context.palace());
    requireRoom();
    var placement =
        Placement.beforeSnapshot(
            context.ops(),
            context.paths(),
            context.journal(new TreeMap<>(RescueRecovery.notes(List.of()))));
    Rescued rescued;
    Optional<MoveJournal> exchanged = Optional.empty();
    try {
      rescued = prepare(placement, looked);
      exchanged = Optional.of(exchange(placement, rescued.copy().file(), before));
      context.watcher().reached(Step.COMMITTED);
      placement.finish();
      context.watcher().reached(Step.RETIRED);
    } catch (PalaceException.PersonNeeded e) {
      throw e;
    } catch (IOException | RuntimeException | Error e) {
      takeBack(placement, exchanged, e);
      throw RunContext.failed(refused(e));
    }
    file(exchanged.get());
    return outcome(rescued, placement);
  }

  /// The fresh database takes at most as much as the damaged one, and so do the indexes.
  private void requireRoom() throws IOException {
    long needed = Files.size(live);
    long free = DiskSpace.usable(context.palace());
    if (needed > free) {
      throw new PalaceException.Refused(
          "%s has %,d bytes free, a fresh database may need %,d; nothing was changed"
              .formatted(context.palace(), free, needed),
          "make room there");
    }
  }

  /// What came of the damaged database.
  private record Rescued(
      SalvagedCopy copy,
      RepairPlan plan,
      Rounds rounds,
      RescueLosses losses,
      Map<String, Loss> lost,
      Diagnosis last) {}

  private Rescued prepare(Placement placement, Diagnosis looked) throws IOException {
    Path folder = placement.createFolders();
    SalvagedCopy copy =
        SalvagedCopy.make(PalaceLayout.of(context.palace()), folder, context.progress());
    context.watcher().reached(Step.COPIED);
    Rescued rescued = treat(copy, looked, placement);
    Likeness.carryAccess(live, copy.file());
    context.ops().force(copy.file());
    context.ops().force(folder);
    readBack(rescued);
    context.watcher().reached(Step.READ_BACK);
    return rescued;
  }

  private Rescued treat(SalvagedCopy copy, Diagnosis looked, Placement placement)
      throws IOException {
    try (ChromaDatabase writer = ChromaDatabase.openForWriting(copy.file())) {
      writer.beginWriting();
      Diagnosis salvaged = Doctor.examine(context.palace(), writer, context.progress());
      RepairPlan plan =
          NamedSources.plan(
              copy.diagnosis(looked, salvaged), context.palace(), writer, context.request());
      RescueLosses losses = RescueLosses.of(context, copy, writer);
      var rounds = new Rounds(context, writer, placement);
      Diagnosis last = rounds.treat(afterwards(plan, salvaged));
      Map<String, Loss> lost = rounds.losses();
      writer.commit();
      return new Rescued(copy, plan, rounds, losses, lost, last);
    }
  }

  /// {@return what is left to do in the fresh database}
  private static RepairPlan afterwards(RepairPlan plan, Diagnosis salvaged) {
    List<RepairPlan.Cure> cures =
        plan.cures().stream()
            .filter(cure ->
                !(cure.treatment() instanceof RescueDatabase
                    || cure.treatment() instanceof RecoverInterruptedWrite))
            .toList();
    return new RepairPlan(salvaged, cures, plan.untreatable());
  }

  private void readBack(Rescued rescued) throws IOException {
    try (ChromaDatabase reader = ChromaDatabase.openReadOnly(rescued.copy().file())) {
      List<String> said = reader.list("PRAGMA quick_check", row -> row.text(1));
      if (!said.equals(List.of("ok"))) {
        throw new PalaceException.Failed(
            "the fresh database is not what was written: " + said.getFirst(), "check the disk");
      }
    }
  }

  private MoveJournal exchange(Placement placement, Path fresh, StoreMarks before)
      throws IOException {
    lock.requireQuiet(context.request().force()).warnings().forEach(LOG::debug);
    Optional<Fence> fence = lock.fenceIfPossible(live);
    try {
      before.requireUnchanged();
      Path folder =
          new SnapshotStore(context.ops(), context.paths().ops())
              .prepare(context.paths().run(), Snapshot.Scope.DATABASE);
      var outgoing = new ArrayList<EntrySwap.Outgoing>();
      for (Path file : StoreMarks.files(context.palace())) {
        String name = file.getFileName().toString();
        outgoing.add(new EntrySwap.Outgoing(name, folder.resolve(name)));
      }
      return EntrySwap.on(context.ops())
          .publish(
              context.paths(),
              context.occasion(),
              MoveJournal.Purpose.repair(RescueRecovery.notes(placement.replaced())),
              placement.placed(),
              List.of(new EntrySwap.Incoming(fresh, PalaceLayout.DATABASE)),
              outgoing);
    } finally {
      if (fence.isPresent()) {
        fence.get().close();
      }
    }
  }

  /// What fails here undoes nothing: the journal stays, and the next command files the snapshot.
  private void file(MoveJournal exchanged) {
    try {
      RescueRecovery.finish(exchanged, context.paths(), context.ops());
      context.watcher().reached(Step.SEALED);
    } catch (IOException e) {
      LOG.warn("snapshot.not-filed id={} cause={}", context.paths().run(), LogValue.of(e));
    }
  }

  private void takeBack(Placement placement, Optional<MoveJournal> exchanged, Throwable cause)
      throws PalaceException.PersonNeeded {
    LOG.warn("rollback.start run={} cause={}", context.paths().run(), LogValue.of(cause));
    try {
      if (exchanged.isPresent()) {
        Undo.requireAlone(context.paths());
        placement.bringBack();
        new MoveSet(context.ops(), exchanged.get().moves()).undo();
      }
      placement.takeOut();
      new SnapshotStore(context.ops(), context.paths().ops()).removeEmptied(context.paths().run());
      placement.removeJournal();
    } catch (IOException | RuntimeException e) {
      throw personNeeded(cause, e);
    }
    LOG.info("rollback.done run={}", context.paths().run());
  }

  private PalaceException.PersonNeeded personNeeded(Throwable cause, Exception second) {
    LOG.error(
        "CRITICAL rollback.failed palace={} cause={} run={}",
        LogValue.of(context.palace()),
        LogValue.of(cause),
        LogValue.of(context.command("recover")));
    var person =
        new PalaceException.PersonNeeded(
            "the repair of %s failed (%s) and could not be undone (%s); the damaged database is there or in %s"
                .formatted(
                    context.palace(),
                    cause.getMessage(),
                    second.getMessage(),
                    context.paths().snapshot()),
            context.command("recover"),
            cause);
    person.addSuppressed(second);
    return person;
  }

  private static Throwable refused(Throwable cause) {
    return cause instanceof PalaceException.DamagedDatabase damaged
        ? new PalaceException.Refused(
            damaged.getMessage() + "; nothing was changed", damaged.hint(), damaged)
        : cause;
  }

  private Outcome outcome(Rescued rescued, Placement placement) {
    var done = new ArrayList<RepairReport.Done>();
    done.add(new RepairReport.Done(new RescueDatabase(), rescued.losses().rows()));
    done.addAll(rescued.rounds().done());
    var lost = rescued.losses().with(rescued.lost());
    boolean needsEmbedding = !rescued.rounds().lostVectors().isEmpty();
    var report =
        new RepairReport(
            context.palace(),
            context.paths().run(),
            rescued.plan(),
            done,
            lost,
            rescued.rounds().skipped(),
            Rounds.remaining(rescued.last()),
            context.paths().snapshot(),
            List.of(context.restoreCommand()),
            needsEmbedding ? Optional.of(placement.text().place()) : Optional.empty(),
            placement.aside().sentences(),
            Optional.empty(),
            context.took(),
            Optional.of(rescued.copy()));
    return rescued.last().isHealthy() && lost.isEmpty()
        ? new Outcome.Repaired(report)
        : new Outcome.PartlyRepaired(report);
  }
}
