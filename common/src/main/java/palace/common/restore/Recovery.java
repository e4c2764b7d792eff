package palace.common.restore;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.PalaceException;
import palace.common.RunId;
import palace.common.files.FileOps;
import palace.common.files.Identity;
import palace.common.history.History;
import palace.common.history.HistoryEntry;
import palace.common.lock.PalaceLock;
import palace.common.swap.LogValue;
import palace.common.swap.MoveJournal;
import palace.common.swap.Occasion;
import palace.common.swap.PalacePaths;

/// Settles what interrupted runs left: first by their journals, then by the directory listing, so
/// that a lost journal loses nothing. What cannot be told apart is not touched.
public final class Recovery {
  private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);
  private static final Pattern JOURNAL = Pattern.compile("journal-(.*)\\.json");

  private final FileOps ops;
  private final Clock clock;
  private final Path palace;
  private final Path opsFolder;
  private final String toolVersion;
  private final Ledger ledger = new Ledger();

  Recovery(FileOps ops, Clock clock, Path named, String toolVersion) throws IOException {
    this.ops = ops;
    this.clock = clock;
    this.toolVersion = toolVersion;
    PalacePaths paths = PalacePaths.of(named, RunId.now(clock));
    palace = paths.palace();
    opsFolder = paths.ops();
  }

  /// Settles every interrupted run of a palace. Every command that changes a palace calls this as
  /// soon as it holds the lock; when nothing is pending it only lists directories.
  ///
  /// It may be interrupted at any point and called again.
  ///
  /// @param lock held by the caller, which is why no run of this tool is alive
  /// @param toolVersion version of this tool, for the history
  /// @throws PalaceException.PersonNeeded when what stands there cannot be told apart; nothing of
  ///   it was changed then, and all paths are named
  public static Settled settle(
      PalaceLock lock, Path palace, Direction direction, String toolVersion) throws IOException {
    return new Recovery(FileOps.real(), Clock.systemUTC(), palace, toolVersion).settle(direction);
  }

  /// {@return what is pending; nothing while a run of this tool holds the palace} Nothing is
  /// written and no lock is taken.
  public static Pending look(Path palace) throws IOException {
    if (PalaceLock.liveRun(palace).isPresent()) {
      return new Pending(palace, false, List.of(), List.of());
    }
    return new Recovery(FileOps.real(), Clock.systemUTC(), palace, "").look();
  }

  Settled settle(Direction direction) throws IOException {
    List<MoveJournal.Found> journals = new ArrayList<>(MoveJournal.pending(opsFolder));
    Collections.reverse(journals);
    for (MoveJournal.Found found : journals) {
      switch (found) {
        case MoveJournal.Pending(MoveJournal journal) -> settle(journal, direction);
        case MoveJournal.Unreadable unreadable -> requireUnambiguous(unreadable);
      }
    }
    new LostJournal(ops, palace, opsFolder, ledger).settle();
    for (MoveJournal.Found found : journals) {
      if (found instanceof MoveJournal.Unreadable(Path file, String reason)) {
        putAway(file, reason);
      }
    }
    Settled settled = ledger.settled(palace);
    record(settled, direction);
    return settled;
  }

  private void settle(MoveJournal journal, Direction direction) throws IOException {
    Occasion occasion = journal.occasion();
    ledger.pending(occasion.run(), journal.purpose().operation().word());
    PalacePaths now = PalacePaths.of(palace, occasion.run());
    if (WholeSwap.isOne(journal, palace)) {
      new WholeSwap(ops, now, journal, ledger).settle(direction);
    } else if (journal.purpose().operation() == MoveJournal.Operation.REPAIR) {
      List<String> sentences =
          RescueRecovery.isOne(journal)
              ? RescueRecovery.settle(journal, now, ops)
              : RepairRecovery.settle(journal, now, ops);
      ledger.settled(occasion.run(), "repair", String.join("; ", sentences));
    } else {
      new EntryRecovery(ops, now, journal, ledger).settle(direction);
    }
  }

  /// What a journal said that cannot be read is not guessed. The listing settles a whole swap
  /// without it; whether entries inside the palace were being exchanged it cannot tell.
  private void requireUnambiguous(MoveJournal.Unreadable journal) throws IOException {
    Optional<RunId> run = runOf(journal.file());
    boolean aside =
        run.isPresent() && Identity.of(PalacePaths.of(palace, run.get()).aside()).isPresent();
    boolean snapshot = run.isPresent() && Files.isDirectory(snapshotOf(run.get()), NOFOLLOW_LINKS);
    boolean filed =
        snapshot
            && run.isPresent()
            && Files.isDirectory(snapshotOf(run.get()).resolve("palace"), NOFOLLOW_LINKS);
    boolean database = run.isPresent() && LostEntries.canPutBack(palace, snapshotOf(run.get()));
    if (!LostJournal.isMissing(palace) && snapshot && !filed && !aside && !database) {
      throw new PalaceException.PersonNeeded(
          "%s %s, and entries of %s may have been on their way to or from %s; nothing was changed"
              .formatted(journal.file(), journal.reason(), palace, snapshotOf(run.get())),
          "compare the two, put back what is missing, remove the journal, then run palace doctor",
          new FileSystemException(journal.file().toString(), null, journal.reason()));
    }
  }

  private Path snapshotOf(RunId run) {
    return opsFolder.resolve("snapshots").resolve(run.value());
  }

  /// It stays as evidence under a name that nobody takes for a journal.
  private void putAway(Path journal, String reason) throws IOException {
    Path away = journal.resolveSibling(journal.getFileName() + ".unreadable");
    if (Identity.of(journal).isPresent() && Identity.of(away).isEmpty()) {
      ops.rename(journal, away);
      ops.force(opsFolder);
    }
    ledger.warn(
        "%s %s; the directories were settled without it, and it was kept as %s"
            .formatted(journal, reason, away.getFileName()));
  }

  private void record(Settled settled, Direction direction) {
    for (RunId run : settled.runs()) {
      try {
        History.in(opsFolder)
            .append(
                new HistoryEntry(
                    clock.instant(),
                    run,
                    "recover",
                    "recovered",
                    0,
                    toolVersion,
                    Map.of("asked", direction.name().toLowerCase(java.util.Locale.ROOT))));
      } catch (IOException e) {
        LOG.warn("history.not-written cause={}", LogValue.of(e));
      }
    }
  }

  private Pending look() throws IOException {
    var found = Surroundings.of(palace, opsFolder);
    var runs = new ArrayList<Pending.Run>();
    var leftovers = new ArrayList<Path>();
    for (MoveJournal.Found journal : MoveJournal.pending(opsFolder)) {
      Optional<RunId> run = runOf(journal.file());
      if (run.isPresent()) {
        runs.add(pending(run.get(), journal));
      } else {
        leftovers.add(journal.file());
      }
    }
    found
        .asides()
        .forEach((id, path) -> {
          if (runs.stream().noneMatch(run -> run.id().value().equals(id))) {
            runs.add(
                new Pending.Run(
                    new RunId(id),
                    Optional.empty(),
                    Optional.empty(),
                    "run %s left %s and no journal".formatted(id, path)));
          }
        });
    runs.sort(java.util.Comparator.comparing(run -> run.id().value()));
    leftovers.addAll(found.builds().keySet());
    leftovers.addAll(found.work());
    boolean missing =
        LostJournal.isMissing(palace) && !(runs.isEmpty() && found.builds().isEmpty());
    return new Pending(palace, missing, runs, leftovers);
  }

  private static Pending.Run pending(RunId run, MoveJournal.Found found) {
    return switch (found) {
      case MoveJournal.Pending(MoveJournal journal) ->
          new Pending.Run(
              run,
              Optional.of(journal.purpose().operation().word()),
              Optional.of(journal.file()),
              "the %s %s of %s was interrupted"
                  .formatted(
                      journal.purpose().operation().word(), run, journal.occasion().created()));
      case MoveJournal.Unreadable(Path file, String reason) ->
          new Pending.Run(
              run,
              Optional.empty(),
              Optional.of(file),
              "the journal %s %s".formatted(file, reason));
    };
  }

  private static Optional<RunId> runOf(Path journal) {
    Matcher name = JOURNAL.matcher(journal.getFileName().toString());
    return name.matches() && RunId.isValid(name.group(1))
        ? Optional.of(new RunId(name.group(1)))
        : Optional.empty();
  }
}
