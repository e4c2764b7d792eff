package palace.migrate;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.chroma.StatedConfiguration;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.Doctor;
import palace.common.doctor.Finding;
import palace.common.doctor.NotRun;
import palace.common.files.AtomicFile;
import palace.common.files.BoundedReader;
import palace.common.files.Companions;
import palace.common.files.Durable;
import palace.common.files.FileOps;
import palace.common.files.Likeness;
import palace.common.store.CollectionState;
import palace.common.store.LinkedCompanions;
import palace.common.store.NeedsEmbedding;
import palace.common.swap.LogValue;
import palace.common.swap.PalacePaths;
import palace.common.swap.Seal;

/// Makes a build, proves it equal to its source and sound, and seals it. The source is only read.
final class Construction {
  private static final Logger LOG = LoggerFactory.getLogger(Construction.class);

  private static final int LONGEST_LIST_BYTES = 512 << 20;

  private final MigrationRequest request;
  private final Path palace;
  private final PalacePaths paths;
  private final Progress progress;
  private final Clock clock;
  private final List<String> warnings;

  Construction(
      MigrationRequest request,
      Path palace,
      PalacePaths paths,
      Progress progress,
      Clock clock,
      List<String> warnings) {
    this.request = request;
    this.palace = palace;
    this.paths = paths;
    this.progress = progress;
    this.clock = clock;
    this.warnings = warnings;
  }

  /// Makes the build. When it throws, what there is of it is left to the caller.
  Proven make() throws IOException {
    var fingerprint = SourceFingerprint.of(palace);
    try (OpenSource source = OpenSource.open(palace)) {
      List<CollectionTarget> targets = CollectionTarget.of(source);
      var planner = new MigrationPlanner(source, targets, request.release(), request.batchSize());
      MigrationPlan plan = planner.plan(room());
      requireRoom(plan);
      warn(source, plan);
      var notCarried = new ArrayList<>(plan.notCarried());
      var lost = build(source, targets);
      var companions = companions(planner, notCarried);
      Likeness.carryAccess(palace, paths.build());
      ParityCheck.Result parity = prove(source, targets);
      seal(plan, targets, parity, notCarried);
      return new Proven(
          fingerprint,
          plan,
          contents(targets, parity),
          results(targets, parity),
          lost,
          skipped(source),
          notCarried,
          companions);
    }
  }

  private Path room() {
    return paths.confined() ? palace : paths.parent();
  }

  private void requireRoom(MigrationPlan plan) throws PalaceException {
    if (plan.neededBytes() > plan.freeBytes()) {
      throw new PalaceException.Refused(
          "%s has %,d bytes free, the new palace may need %,d"
              .formatted(room(), plan.freeBytes(), plan.neededBytes()),
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
        if (stated instanceof StatedConfiguration.Broken broken && broken.meant().isEmpty()) {
          warnings.add(
              "collection %s: its configuration is broken (%s); the identity of its embedding function is lost unless it stands elsewhere"
                  .formatted(state.name(), broken.reason()));
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

  private Map<String, List<String>> build(OpenSource source, List<CollectionTarget> targets)
      throws IOException {
    LOG.info("build.start dir={} to={}", LogValue.of(paths.build()), request.release());
    createBuild();
    new PalaceBuilder(paths.build(), request.release(), request.batchSize(), progress)
        .build(source, targets);
    var lost = NeedsEmbedding.write(paths.build(), source.collections(), request.batchSize());
    keepEarlierNeeds();
    return lost;
  }

  /// What an earlier run could not give a vector is in no database: the list is all there is of it.
  private void keepEarlierNeeds() throws IOException {
    Path earlier = palace.resolve(NeedsEmbedding.NAME);
    if (!Files.isRegularFile(earlier, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Path file = paths.build().resolve(NeedsEmbedding.NAME);
    var lines = new ByteArrayOutputStream();
    lines.write(content(earlier));
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      lines.write(content(file));
    } else if (!Files.isDirectory(Objects.requireNonNull(file.getParent()))) {
      Durable.createDirectory(file.getParent(), Durable.OWNER_ONLY);
    }
    AtomicFile.write(file, lines.toByteArray());
  }

  private static byte[] content(Path file) throws IOException {
    return BoundedReader.readAtMost(file, LONGEST_LIST_BYTES)
        .orElseThrow(() ->
            new PalaceException.Refused(
                "%s is longer than %,d bytes".formatted(file, LONGEST_LIST_BYTES),
                "palace repair with --embedder gives these drawers their vectors"));
  }

  private void createBuild() throws PalaceException {
    try {
      Path folder = Objects.requireNonNull(paths.build().getParent());
      if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
        Durable.createDirectory(folder, Durable.OWNER_ONLY);
      }
      Durable.createDirectory(paths.build(), Durable.OWNER_ONLY);
    } catch (IOException e) {
      throw new PalaceException.Refused(
          "cannot make the build %s: %s; nothing was changed".formatted(paths.build(), e),
          "give access there, or write the new palace elsewhere with --target DIR",
          e);
    }
  }

  /// A palace of its own gets copies. A successor gets the very files, the databases among them
  /// right before the exchange; where entries are exchanged one by one they stay where they are.
  private Optional<LinkedCompanions> companions(MigrationPlanner planner, List<String> notCarried)
      throws IOException {
    if (request.targetDirectory().isPresent()) {
      nameSpecial(
          Companions.copy(palace, paths.build(), planner::belongsToStore).notCarried(), notCarried);
      return Optional.empty();
    }
    if (paths.confined()) {
      return Optional.empty();
    }
    var linked =
        LinkedCompanions.link(FileOps.real(), palace, paths.build(), planner::belongsToStore);
    nameSpecial(linked.notCarried(), notCarried);
    return Optional.of(linked);
  }

  private static void nameSpecial(List<String> names, List<String> notCarried) {
    names.forEach(name -> notCarried.add("file %s: a pipe, socket or device".formatted(name)));
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
    var origin =
        new Seal.Origin(
            paths.run().value(),
            request.toolVersion(),
            clock.instant(),
            plan.from().releases(),
            request.release().toString());
    Seal.of(paths.build(), origin, contents(targets, parity), notCarried).write(paths.build());
    Durable.forceTree(paths.build());
    Durable.forceDirectory(Objects.requireNonNull(paths.build().getParent()));
  }

  private static SortedMap<String, Seal.Contents> contents(
      List<CollectionTarget> targets, ParityCheck.Result parity) {
    var contents = new TreeMap<String, Seal.Contents>();
    for (CollectionTarget target : targets) {
      String digest = parity.digests().getOrDefault(target.id(), "");
      contents.put(
          target.source().row().label(), new Seal.Contents(target.carried().size(), digest));
    }
    return contents;
  }

  private static List<MigrationReport.CollectionResult> results(
      List<CollectionTarget> targets, ParityCheck.Result parity) {
    var results = new ArrayList<MigrationReport.CollectionResult>();
    for (CollectionTarget target : targets) {
      CollectionState state = target.source();
      results.add(
          new MigrationReport.CollectionResult(
              state.name(),
              state.row().tenant(),
              state.row().database(),
              state.space().chromaName(),
              state.dimension(),
              target.carried().size(),
              state.vectorsInIndex(),
              state.vectorsInQueue(),
              state.vectorsInSiblings(),
              state.vectorsInFreePages(),
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
}
