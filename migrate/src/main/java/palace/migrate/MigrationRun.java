package palace.migrate;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.ExitCode;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.RunId;
import palace.common.ShellWord;
import palace.common.files.Durable;
import palace.common.files.TreeDelete;
import palace.common.history.History;
import palace.common.history.HistoryEntry;
import palace.common.store.NeedsEmbedding;
import palace.common.store.PalaceLayout;
import palace.common.swap.LogValue;
import palace.common.swap.Occasion;
import palace.common.swap.PalacePaths;
import palace.common.swap.PalaceSwap;

/// One migration that writes: build, proof, exchange, filing, and what is said and recorded of it.
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

  /// Makes a palace of its own in the target directory; the source is left alone.
  MigrationReport intoTarget() throws IOException {
    checkTarget();
    Proven proven;
    try {
      proven = construct();
      requireUnchanged(proven);
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

  /// Makes a palace that takes the place of its source, of which the caller has hold.
  ///
  /// @param said what the report is to say of the time before
  MigrationReport inPlace(Grip grip, List<String> said) throws IOException {
    warnings.addAll(said);
    checkPlace();
    var occasion = new Occasion(run, COMMAND, clock.instant(), request.toolVersion());
    var publication = new Publication(paths, occasion, grip, request.force(), warnings);
    try {
      Proven proven = construct();
      Optional<Path> filed = publication.publish(proven);
      MigrationReport report =
          report(
              proven,
              new MigrationReport.Outcome.Migrated(
                  paths.palace(), Optional.of(publication.previous()), Optional.of(undo(filed))));
      return recorded(report) ? report : report(proven, report.outcome());
    } catch (PalaceException.PersonNeeded e) {
      record("person-needed", e.exitCode(), Map.of("cause", String.valueOf(e.getMessage())));
      throw e;
    } catch (IOException e) {
      discard(e);
      PalaceException failure = unchanged(e);
      recordFailure(publication, failure);
      throw failure;
    } catch (RuntimeException | Error e) {
      discard(e);
      boolean cancelled = e instanceof CancellationException;
      record(
          cancelled ? "cancelled" : undone(publication),
          cancelled ? ExitCode.CANCELLED : ExitCode.FAILED,
          Map.of("cause", e.toString()));
      throw e;
    }
  }

  private Proven construct() throws IOException {
    return new Construction(request, palace, paths, progress, clock, warnings).make();
  }

  private void requireUnchanged(Proven proven) throws IOException {
    Optional<String> changed = SourceFingerprint.of(palace).differsFrom(proven.fingerprint());
    if (changed.isPresent()) {
      throw SourceFingerprint.changed(palace, changed.get());
    }
  }

  /// Refuses what can be known before the first byte is written.
  private void checkPlace() throws PalaceException {
    try {
      if (!paths.confined()) {
        PalaceSwap.onDisk().check(paths);
        MovableProbe.require(paths);
      } else if (!Files.isWritable(palace)) {
        throw new PalaceException.Refused(
            "%s cannot be written; nothing was changed".formatted(palace),
            "run as its owner, or write the new palace elsewhere with --target DIR");
      }
    } catch (PalaceException e) {
      throw e;
    } catch (IOException e) {
      throw new PalaceException.Refused(
          "no new palace can be put in the place of %s: %s; nothing was changed"
              .formatted(palace, e),
          "remove the cause, or write the new palace elsewhere with --target DIR",
          e);
    }
  }

  /// Refuses a target that is there already, or lies inside the palace.
  void checkTarget() throws IOException {
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

  private String undo(Optional<Path> filed) {
    String where = "--palace " + ShellWord.quote(paths.palace());
    String restore = "palace restore %s %s".formatted(run, where);
    return filed.isPresent() ? restore : "palace recover %s && %s".formatted(where, restore);
  }

  private boolean recorded(MigrationReport report) {
    return record(
        "done",
        report.exitCode(),
        Map.of(
            "from", report.plan().from().toString(),
            "to", request.release().toString(),
            "drawers", report.plan().drawers(),
            "seconds", report.seconds()));
  }

  /// A refusal leaves no trace: nothing was begun.
  private void recordFailure(Publication publication, PalaceException failure) {
    if (failure instanceof PalaceException.Failed || publication.begun()) {
      record(
          undone(publication),
          failure.exitCode(),
          Map.of("cause", String.valueOf(failure.getMessage())));
    }
  }

  private static String undone(Publication publication) {
    return publication.begun() ? "rolled-back" : "failed";
  }

  /// A run that cannot be recorded has done what it did all the same.
  private boolean record(String outcome, ExitCode code, Map<String, Object> summary) {
    try {
      History.in(paths.ops())
          .append(
              new HistoryEntry(
                  clock.instant(),
                  run,
                  COMMAND,
                  outcome,
                  code.code(),
                  request.toolVersion(),
                  summary));
      return true;
    } catch (IOException e) {
      LOG.warn("history.not-written cause={}", LogValue.of(e));
      warnings.add("this run is not in the history: " + e.getMessage());
      return false;
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
    if (request.keepBuild() || isGone() || !Files.exists(paths.build(), NOFOLLOW_LINKS)) {
      return;
    }
    try {
      TreeDelete.delete(paths.build());
    } catch (IOException e) {
      LOG.warn("build.leftover dir={} cause={}", LogValue.of(paths.build()), LogValue.of(e));
      cause.addSuppressed(e);
    }
  }

  /// {@return whether somebody deleted the palace, so that what of it is in the build may be
  /// nowhere else}
  private boolean isGone() {
    return Files.notExists(palace.resolve(PalaceLayout.DATABASE), NOFOLLOW_LINKS);
  }

  private PalaceException gone(IOException failure) {
    boolean built = Files.exists(paths.build(), NOFOLLOW_LINKS);
    return new PalaceException.Failed(
        "%s is gone, somebody deleted it while it was being migrated; %s"
            .formatted(
                palace.resolve(PalaceLayout.DATABASE),
                built
                    ? "what the new palace has of it is kept in " + paths.build()
                    : "there was no new palace yet"),
        "put the palace back from a backup, or if there is none: palace recover --palace "
            + ShellWord.quote(palace),
        failure);
  }

  /// Every failure before the exchange leaves the palace as it was, and says so.
  private PalaceException unchanged(IOException failure) {
    if (isGone()) {
      return gone(failure);
    }
    boolean plain = failure instanceof PalaceException || failure.getClass() == IOException.class;
    String said = plain ? String.valueOf(failure.getMessage()) : failure.toString();
    // The source is attached to the build, so SQLite's complaint about the one may name the other.
    String about = said.replace(paths.build().toString(), palace.toString());
    boolean saysSo =
        about.contains("nothing was changed") || about.contains("the previous palace is in place");
    String message = saysSo ? about : about + "; nothing was changed";
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
