package palace.repair;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.PalaceException;
import palace.common.doctor.Finding;
import palace.common.doctor.Severity;
import palace.common.store.NeedsEmbedding;
import palace.common.swap.LogValue;

/// A repair with an endpoint for vectors that exist nowhere: first everything is cured without it,
/// which lists the drawers that lack a vector, then their vectors are asked for, then a repair of
/// its own brings the drawers back. Each of the three can be interrupted, and the next run goes on
/// where it stopped.
final class EmbeddingRepair {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddingRepair.class);

  private final Path palace;
  private final RepairRequest request;
  private final Embedding embedding;
  private final Run run;

  /// One repair of the palace; the lock is held around it.
  @FunctionalInterface
  interface Run {
    Outcome repair(RepairRequest request) throws IOException;
  }

  EmbeddingRepair(Path palace, RepairRequest request, Embedding embedding, Run run) {
    this.palace = palace;
    this.request = request;
    this.embedding = embedding;
    this.run = run;
  }

  /// Repairs, asks, and fills.
  Outcome run() throws IOException {
    embedding.requireModel();
    Outcome cured = run.repair(request);
    Optional<RepairReport> first = reportOf(cured);
    try {
      Optional<Filling> filling = embedding.fetch();
      if (filling.isEmpty()) {
        return finish(cured, first, Optional.empty());
      }
      Outcome filled = run.repair(request.curingOnly().withFilling(filling.get()));
      return finish(filled, first, reportOf(filled));
    } catch (PalaceException.PersonNeeded e) {
      throw e;
    } catch (IOException | CancellationException e) {
      if (first.isEmpty()) {
        throw e;
      }
      return stopped(first, e);
    }
  }

  private static Optional<RepairReport> reportOf(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Repaired(RepairReport report) -> Optional.of(report);
      case Outcome.PartlyRepaired(RepairReport report) -> Optional.of(report);
      case Outcome.Healthy healthy -> Optional.empty();
      case Outcome.Planned planned -> Optional.empty();
      case Outcome.Waiting waiting -> Optional.empty();
      case Outcome.PutBack(Path from, var displaced, Outcome then) -> reportOf(then);
    };
  }

  /// What was repaired before stays repaired, so the run has not failed as a whole.
  private Outcome stopped(Optional<RepairReport> first, Exception cause) throws IOException {
    LOG.warn("embedding.stopped palace={} cause={}", palace, LogValue.of(cause));
    String said = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    Embedded embedded = embedding.report(Map.of(), Optional.of(said));
    return new Outcome.PartlyRepaired(merged(first.orElseThrow(), Optional.empty(), embedded));
  }

  private Outcome finish(Outcome last, Optional<RepairReport> first, Optional<RepairReport> second)
      throws IOException {
    Embedded embedded =
        embedding.report(second.map(EmbeddingRepair::filled).orElse(Map.of()), Optional.empty());
    embedding.tidy(embedded);
    Optional<RepairReport> base = first.or(() -> second);
    if (base.isEmpty()) {
      return waits(last, embedded);
    }
    RepairReport report =
        merged(base.get(), first.isPresent() ? second : Optional.empty(), embedded);
    boolean sound =
        embedded.waiting().isEmpty()
            && report.remaining().stream().noneMatch(EmbeddingRepair::isDamage);
    return sound ? new Outcome.Repaired(report) : new Outcome.PartlyRepaired(report);
  }

  private static boolean isDamage(Finding finding) {
    return finding.severity() != Severity.NOTICE;
  }

  /// Nothing was changed, and nothing could be: drawers wait whose documents nobody can embed.
  private Outcome waits(Outcome healthy, Embedded embedded) {
    return embedded.waiting().isEmpty() || !(healthy instanceof Outcome.Healthy(var diagnosis))
        ? healthy
        : new Outcome.Waiting(diagnosis, embedded);
  }

  private static Map<String, Long> filled(RepairReport report) {
    var filled = new LinkedHashMap<String, Long>();
    for (RepairReport.Done done : report.done()) {
      if (done.treatment() instanceof FillVectors fill) {
        filled.merge(fill.in().name(), done.changes(), Long::sum);
      }
    }
    return filled;
  }

  /// What two runs did is one report; each is undone by a restore of its own, the later one first.
  private static RepairReport merged(
      RepairReport first, Optional<RepairReport> second, Embedded embedded) {
    RepairReport last = second.orElse(first);
    var done = new ArrayList<>(first.done());
    var notes = new ArrayList<>(first.notes());
    var undo = new ArrayList<String>();
    second.ifPresent(report -> {
      done.addAll(report.done());
      notes.addAll(report.notes());
      undo.addAll(report.undo());
    });
    undo.addAll(first.undo());
    var lost = new LinkedHashMap<String, Loss>();
    embedded
        .waiting()
        .forEach((name, drawers) ->
            lost.put(
                name,
                new Loss(
                    List.of(),
                    drawers.stream().map(Embedded.Waiting::id).toList(),
                    List.of(),
                    List.of())));
    return new RepairReport(
        first.palace(),
        last.run(),
        first.plan(),
        done,
        lost,
        first.skipped(),
        last.remaining(),
        last.snapshot(),
        undo,
        embedded.waiting().isEmpty() ? Optional.empty() : Optional.of(list(first)),
        notes,
        Optional.of(embedded),
        first.took().plus(second.map(RepairReport::took).orElse(Duration.ZERO)),
        first.rescued());
  }

  private static Path list(RepairReport report) {
    return report.palace().resolve(NeedsEmbedding.NAME);
  }
}
