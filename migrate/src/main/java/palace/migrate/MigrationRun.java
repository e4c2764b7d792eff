package palace.migrate;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.RunId;
import palace.common.ShellWord;
import palace.common.chroma.StatedConfiguration;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.Doctor;
import palace.common.doctor.Finding;
import palace.common.doctor.NotRun;
import palace.common.files.Companions;
import palace.common.files.Durable;
import palace.common.files.Likeness;
import palace.common.files.TreeDelete;
import palace.common.history.History;
import palace.common.history.HistoryEntry;
import palace.common.snapshot.Snapshot;
import palace.common.snapshot.SnapshotStore;
import palace.common.store.CollectionState;
import palace.common.swap.Displaced;
import palace.common.swap.LogValue;
import palace.common.swap.MoveJournal;
import palace.common.swap.Occasion;
import palace.common.swap.PalacePaths;
import palace.common.swap.PalaceSwap;
import palace.common.swap.Seal;

/// One migration that writes: build, proof, exchange, filing. The caller holds the lock.
final class MigrationRun {
  private static final Logger LOG = LoggerFactory.getLogger(MigrationRun.class);
  private static final String COMMAND = "migrate";

  private final MigrationRequest request;
  private final RunId run;
  private final Path palace;
  private final PalacePaths paths;
  private final Progress progress;
  private final Clock clock;
  private final long start = System.nanoTime();
  private final List<String> warnings = new ArrayList<>();

  MigrationRun(MigrationRequest request, RunId run, Path palace, Progress progress, Clock clock)
      throws IOException {
    this.request = request;
    this.run = run;
    this.palace = palace;
    this.progress = progress;
    this.clock = clock;
    paths = PalacePaths.of(request.targetDirectory().orElse(palace), run);
  }

  /// What is known once a build is proven.
  private record Proven(
      SourceFingerprint fingerprint,
      MigrationPlan plan,
      List<MigrationReport.CollectionResult> collections,
      Map<String, List<String>> lost,
      List<MigrationReport.Skipped> skipped,
      List<String> notCarried) {}

  MigrationReport run() throws IOException {
    checkPlace();
    Proven proven;
    try {
      proven = buildAndProve();
      Optional<String> changed = SourceFingerprint.of(palace).differsFrom(proven.fingerprint());
      if (changed.isPresent()) {
        throw new PalaceException.Failed(
            "%s changed while it was being migrated: %s".formatted(palace, changed.get()),
            "stop whatever writes to it and try again");
      }
    } catch (IOException e) {
      discard(e);
      throw unchanged(e);
    } catch (RuntimeException | Error e) {
      discard(e);
      throw e;
    }
    return request.targetDirectory().isPresent() ? place(proven) : exchange(proven);
  }

  /// Refuses what can be known before the first byte is written.
  private void checkPlace() throws IOException {
    if (request.targetDirectory().isEmpty()) {
      PalaceSwap.onDisk().check(paths);
      return;
    }
    if (Files.exists(paths.palace(), NOFOLLOW_LINKS)) {
      throw new PalaceException.Refused(
          "%s exists already; nothing was changed".formatted(paths.palace()),
          "name a directory that does not exist yet with --target");
    }
    if (paths.palace().startsWith(palace)) {
      throw new PalaceException.Refused(
          "%s lies inside the palace; nothing was changed".formatted(paths.palace()),
          "name a directory outside of it with --target");
    }
  }

  private Proven buildAndProve() throws IOException {
    var fingerprint = SourceFingerprint.of(palace);
    try (OpenSource source = OpenSource.open(palace)) {
      List<CollectionTarget> targets = CollectionTarget.of(source);
      var planner = new MigrationPlanner(source, targets, request.release(), request.batchSize());
      MigrationPlan plan = planner.plan(paths.parent());
      requireRoom(plan);
      warn(source, plan);
      var notCarried = new ArrayList<>(plan.notCarried());
      var lost = build(source, targets, planner, notCarried);
      ParityCheck.Result parity = prove(source, targets);
      seal(plan, targets, parity, notCarried);
      return new Proven(
          fingerprint, plan, results(targets, parity), lost, skipped(source), notCarried);
    }
  }

  private void requireRoom(MigrationPlan plan) throws PalaceException {
    if (plan.neededBytes() > plan.freeBytes()) {
      throw new PalaceException.Refused(
          "%s has %,d bytes free, the new palace may need %,d"
              .formatted(paths.parent(), plan.freeBytes(), plan.neededBytes()),
          "make room there, or write the new palace elsewhere with --target DIR");
    }
  }

  private void warn(OpenSource source, MigrationPlan plan) {
    for (Path leftover : source.palace().layout().leftovers()) {
      if (!leftover.equals(paths.build())) {
        warnings.add(
            "%s was left by an earlier run or another tool; nothing in it was used"
                .formatted(leftover));
      }
    }
    for (CollectionState state : source.collections()) {
      for (StatedConfiguration stated :
          List.of(state.settings().schema(), state.settings().configuration())) {
        if (stated instanceof StatedConfiguration.Broken(String reason)) {
          warnings.add(
              "collection %s: its configuration is broken (%s); the identity of its embedding function is lost unless it stands elsewhere"
                  .formatted(state.name(), reason));
        }
      }
      if (!state.ghosts().isEmpty()) {
        warnings.add(
            "collection %s: its index has %d elements without a drawer, which stay behind"
                .formatted(state.name(), state.ghosts().size()));
      }
    }
    LOG.info(
        "plan drawers={} needed={} free={}", plan.drawers(), plan.neededBytes(), plan.freeBytes());
  }

  private Map<String, List<String>> build(
      OpenSource source,
      List<CollectionTarget> targets,
      MigrationPlanner planner,
      List<String> notCarried)
      throws IOException {
    LOG.info("build.start dir={} to={}", LogValue.of(paths.build()), request.release());
    Durable.createDirectory(paths.build(), Durable.OWNER_ONLY);
    new PalaceBuilder(paths.build(), request.release(), request.batchSize(), progress)
        .build(source, targets);
    var lost = NeedsEmbedding.write(paths.build(), source, request.batchSize());
    Companions.Carried companions = Companions.copy(palace, paths.build(), planner::belongsToStore);
    companions
        .notCarried()
        .forEach(name -> notCarried.add("file %s: a pipe, socket or device".formatted(name)));
    Likeness.carryAccess(palace, paths.build());
    return lost;
  }

  /// Nothing that the build's own writer knew is believed: it is opened anew.
  private ParityCheck.Result prove(OpenSource source, List<CollectionTarget> targets)
      throws IOException {
    var ids = new HashMap<String, String>();
    targets.forEach(target -> ids.put(target.source().row().id(), target.id()));
    try (OpenSource build = OpenSource.open(paths.build())) {
      ParityCheck.Result parity =
          ParityCheck.compare(source, build, ids, request.release(), request.batchSize(), progress);
      if (parity.count() > 0) {
        throw new PalaceException.Failed(
            "the new palace is not equal to the old one in %d places: %s"
                .formatted(
                    parity.count(),
                    parity.differences().stream()
                        .map(ParityDifference::sentence)
                        .collect(Collectors.joining("; "))),
            "run it again with --keep-build and look at the build");
      }
      requireHealthy(build);
      return parity;
    }
  }

  private void requireHealthy(OpenSource build) throws PalaceException {
    Diagnosis diagnosis = Doctor.examine(build.palace(), progress);
    if (!diagnosis.isHealthy()) {
      String said =
          Stream.concat(
                  diagnosis.damages().stream().map(Finding::sentence),
                  diagnosis.notRun().stream()
                      .filter(NotRun::essential)
                      .map(check -> check.check() + ": " + check.reason()))
              .collect(Collectors.joining("; "));
      throw new PalaceException.Failed(
          "the new palace is not healthy: " + said,
          "run it again with --keep-build and look at the build with palace doctor");
    }
  }

  private void seal(
      MigrationPlan plan,
      List<CollectionTarget> targets,
      ParityCheck.Result parity,
      List<String> notCarried)
      throws IOException {
    var contents = new TreeMap<String, Seal.Contents>();
    for (CollectionTarget target : targets) {
      String digest = parity.digests().getOrDefault(target.id(), "");
      contents.put(
          target.source().row().label(), new Seal.Contents(target.carried().size(), digest));
    }
    var origin =
        new Seal.Origin(
            run.value(),
            request.toolVersion(),
            clock.instant(),
            plan.from().releases(),
            request.release().toString());
    Seal.of(paths.build(), origin, contents, notCarried).write(paths.build());
    Durable.forceTree(paths.build());
    Durable.forceDirectory(paths.parent());
  }

  private static List<MigrationReport.CollectionResult> results(
      List<CollectionTarget> targets, ParityCheck.Result parity) {
    var results = new ArrayList<MigrationReport.CollectionResult>();
    for (CollectionTarget target : targets) {
      CollectionState state = target.source();
      long index = state.vectorsInIndex();
      long queue = state.vectorsInQueue();
      results.add(
          new MigrationReport.CollectionResult(
              state.name(),
              state.row().tenant(),
              state.row().database(),
              state.space().chromaName(),
              state.dimension(),
              target.carried().size(),
              index,
              queue,
              target.carried().size() - index - queue,
              MigrationPlanner.indexFiles(target.segment()),
              parity.digests().getOrDefault(target.id(), "")));
    }
    return results;
  }

  private static List<MigrationReport.Skipped> skipped(OpenSource source) {
    return source.collections().stream()
        .flatMap(state ->
            state.skipped().stream()
                .map(row ->
                    new MigrationReport.Skipped(
                        state.name(), row.sequence(), row.id(), row.reason())))
        .toList();
  }

  private MigrationReport place(Proven proven) throws IOException {
    try {
      Durable.rename(paths.build(), paths.palace());
    } catch (IOException e) {
      discard(e);
      throw unchanged(e);
    } catch (RuntimeException | Error e) {
      discard(e);
      throw e;
    }
    return report(
        proven,
        new MigrationReport.Outcome.Migrated(paths.palace(), Optional.empty(), Optional.empty()));
  }

  private MigrationReport exchange(Proven proven) throws IOException {
    var occasion = new Occasion(run, COMMAND, clock.instant(), request.toolVersion());
    Displaced displaced;
    try {
      PalaceMigrator.requireUnused(palace);
      displaced =
          PalaceSwap.onDisk()
              .publish(paths.build(), paths, occasion, MoveJournal.Purpose.migrate());
    } catch (PalaceException.PersonNeeded e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      discard(e);
      throw e;
    }
    Path previous = fileAside(displaced);
    var outcome =
        new MigrationReport.Outcome.Migrated(
            paths.palace(), Optional.of(previous), Optional.of(undo(previous)));
    record(report(proven, outcome));
    return report(proven, outcome);
  }

  /// The exchange is done and durable; what fails from here on is said, and undoes nothing.
  private Path fileAside(Displaced displaced) {
    try {
      SnapshotStore.in(paths.ops()).file(displaced, Snapshot.Known.NOTHING);
      return paths.snapshot().resolve("palace");
    } catch (IOException e) {
      Path at = Files.exists(paths.aside()) ? paths.aside() : paths.snapshot().resolve("palace");
      LOG.warn("snapshot.not-filed dir={} cause={}", LogValue.of(at), LogValue.of(e));
      warnings.add(
          "the previous palace is whole at %s but could not be filed as a snapshot: %s"
              .formatted(at, e.getMessage()));
      return at;
    }
  }

  private String undo(Path previous) {
    Path undone = paths.palace().resolveSibling(paths.palace().getFileName() + ".undone-" + run);
    return "mv -- %s %s && mv -- %s %s"
        .formatted(
            ShellWord.quote(paths.palace()),
            ShellWord.quote(undone),
            ShellWord.quote(previous),
            ShellWord.quote(paths.palace()));
  }

  private void record(MigrationReport report) {
    try {
      History.in(paths.ops())
          .append(
              new HistoryEntry(
                  clock.instant(),
                  run,
                  COMMAND,
                  "done",
                  report.exitCode().code(),
                  request.toolVersion(),
                  Map.of(
                      "from", report.plan().from().toString(),
                      "to", request.release().toString(),
                      "drawers", report.plan().drawers(),
                      "seconds", report.seconds())));
    } catch (IOException e) {
      LOG.warn("history.not-written cause={}", LogValue.of(e));
      warnings.add("this run is not in the history: " + e.getMessage());
    }
  }

  private MigrationReport report(Proven proven, MigrationReport.Outcome outcome) {
    var lost = new TreeMap<String, Map<String, List<String>>>();
    proven.lost().forEach((name, ids) -> lost.put(name, Map.of("vectors", ids)));
    var said = new ArrayList<>(warnings);
    if (!lost.isEmpty()) {
      said.add(
          "drawers whose vector exists nowhere are kept in %s until they have one"
              .formatted(paths.palace().resolve(NeedsEmbedding.NAME)));
    }
    return new MigrationReport(
        run,
        proven.plan(),
        outcome,
        proven.collections(),
        lost,
        proven.skipped(),
        proven.notCarried(),
        said,
        (System.nanoTime() - start) / 1e9);
  }

  private void discard(Throwable cause) {
    if (request.keepBuild() || !Files.exists(paths.build(), NOFOLLOW_LINKS)) {
      return;
    }
    try {
      TreeDelete.delete(paths.build());
    } catch (IOException e) {
      LOG.warn("build.leftover dir={} cause={}", LogValue.of(paths.build()), LogValue.of(e));
      cause.addSuppressed(e);
    }
  }

  /// Every failure before the exchange leaves the palace as it was, and says so.
  private IOException unchanged(IOException failure) {
    boolean plain = failure instanceof PalaceException || failure.getClass() == IOException.class;
    String said = plain ? String.valueOf(failure.getMessage()) : failure.toString();
    // The source is attached to the build, so SQLite's complaint about the one may name the other.
    String about = said.replace(paths.build().toString(), palace.toString());
    String message =
        about.contains("nothing was changed") ? about : about + "; nothing was changed";
    return switch (failure) {
      case PalaceException.Refused e -> new PalaceException.Refused(message, e.hint(), e);
      case PalaceException.DamagedDatabase e ->
          new PalaceException.DamagedDatabase(message, e.hint(), e);
      case PalaceException.Busy e -> new PalaceException.Busy(message, e.hint());
      case PalaceException e -> new PalaceException.Failed(message, e.hint(), e);
      case IOException e ->
          new PalaceException.Failed(message, "remove the cause and run it again", e);
    };
  }
}
