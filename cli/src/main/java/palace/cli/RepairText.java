package palace.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import palace.common.doctor.SalvagedCopy;
import palace.common.doctor.Severity;
import palace.repair.Embedded;
import palace.repair.Outcome;
import palace.repair.RepairPlan;
import palace.repair.RepairReport;
import palace.repair.Treatment;

/// What a repair planned and did, for people.
final class RepairText {
  private RepairText() {}

  /// {@return the plan}
  static List<String> plan(RepairPlan plan) {
    var lines = new ArrayList<String>();
    lines.add(DiagnosisText.headline(plan.diagnosis()));
    lines.addAll(DiagnosisText.findings(plan.diagnosis().findings()));
    lines.add(plan.cures().isEmpty() ? "plan: nothing that can be treated" : "plan:");
    for (RepairPlan.Cure cure : plan.cures()) {
      lines.add("  " + line(cure.treatment()) + "; " + cure.treatment().cost());
      cure.treatment()
          .discards(cure.findings())
          .ifPresent(what -> lines.add("    only with --accept-loss: " + what));
    }
    for (RepairPlan.Untreatable stays : plan.untreatable()) {
      lines.add("cannot be treated: " + stays.finding().sentence() + ": " + stays.reason());
    }
    return lines;
  }

  private static String line(Treatment treatment) {
    return treatment.collection().map(name -> name + ": ").orElse("") + treatment.act();
  }

  /// {@return what happened}
  static List<String> of(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Healthy(var diagnosis) ->
          List.of(DiagnosisText.headline(diagnosis), "nothing to do: the palace is healthy");
      case Outcome.Planned(RepairPlan plan) -> planned(plan);
      case Outcome.Waiting(var diagnosis, Embedded embedded) -> {
        var lines = new ArrayList<String>();
        lines.add(DiagnosisText.headline(diagnosis));
        lines.addAll(embedded(embedded));
        lines.add("nothing was changed");
        yield lines;
      }
      case Outcome.Repaired(RepairReport report) -> report(report, "repaired: healthy");
      case Outcome.PartlyRepaired(RepairReport report) -> report(report, partly(report));
      case Outcome.PutBack back -> putBack(back);
    };
  }

  private static List<String> putBack(Outcome.PutBack back) {
    var lines = new ArrayList<String>();
    String was =
        back.displaced()
            .map(id -> "a part of another palace was there, now snapshot " + id)
            .orElse("no palace was there");
    lines.add("%s: put back from %s, which is as it was".formatted(was, back.from()));
    lines.addAll(of(back.then()));
    return lines;
  }

  private static String partly(RepairReport report) {
    boolean damaged =
        report.remaining().stream().anyMatch(finding -> finding.severity() != Severity.NOTICE);
    return damaged
        ? "partly repaired: findings remain"
        : report.needsEmbedding().isPresent()
            ? "repaired as far as it goes: some drawers need a new vector"
            : "repaired as far as it goes: something was lost";
  }

  private static List<String> planned(RepairPlan plan) {
    var lines = new ArrayList<>(plan(plan));
    lines.add("nothing was changed");
    return lines;
  }

  private static List<String> report(RepairReport report, String verdict) {
    var lines = new ArrayList<String>();
    for (RepairReport.Done done : report.done()) {
      lines.add(
          "done: %s (%s)"
              .formatted(line(done.treatment()), Numbers.count(done.changes(), "change")));
    }
    report.rescued().ifPresent(copy -> lines.addAll(rescued(copy)));
    lines.addAll(MigrationText.lost(lost(report)));
    report.embedded().ifPresent(embedded -> lines.addAll(embedded(embedded)));
    report
        .skipped()
        .forEach((collection, rows) ->
            lines.add(
                "left out of the queue of %s: %s that nobody can apply"
                    .formatted(collection, Numbers.count(rows.size(), "row"))));
    lines.add(verdict);
    lines.addAll(DiagnosisText.findings(report.remaining()));
    report
        .needsEmbedding()
        .ifPresent(file -> lines.add("drawers that need a new vector stand in " + file));
    lines.addAll(report.notes());
    lines.add(String.format(Locale.ROOT, "took %.1f s", report.took().toMillis() / 1000.0));
    lines.add("previous database and index kept as snapshot " + report.snapshot());
    lines.add("undo with:");
    report.undo().forEach(command -> lines.add("  " + command));
    return lines;
  }

  private static List<String> rescued(SalvagedCopy copy) {
    var lines = new ArrayList<String>();
    copy.lost()
        .forEach((table, ranges) ->
            lines.add(
                "rows of %s that are lost or may be: %s"
                    .formatted(table, String.join(", ", RescueJson.words(ranges)))));
    copy.notes().forEach(note -> lines.add("note: " + note));
    return lines;
  }

  private static List<String> embedded(Embedded embedded) {
    var lines = new ArrayList<String>();
    lines.add(
        "the embedder gave %s of model %s"
            .formatted(Numbers.count(embedded.received(), "vector"), embedded.model()));
    embedded
        .filled()
        .forEach((collection, count) ->
            lines.add("%s: %s back".formatted(collection, Numbers.count(count, "drawer"))));
    embedded
        .waiting()
        .forEach((collection, drawers) ->
            byReason(drawers)
                .forEach((reason, count) ->
                    lines.add(
                        "%s: %s without a vector: %s"
                            .formatted(collection, Numbers.count(count, "drawer"), reason))));
    embedded.stopped().ifPresent(reason -> lines.add("stopped: " + reason));
    return lines;
  }

  private static Map<String, Long> byReason(List<Embedded.Waiting> drawers) {
    var reasons = new LinkedHashMap<String, Long>();
    drawers.forEach(drawer -> reasons.merge(drawer.reason(), 1L, Long::sum));
    return reasons;
  }

  private static Map<String, Map<String, List<String>>> lost(RepairReport report) {
    var lost = new LinkedHashMap<String, Map<String, List<String>>>();
    report.lost().forEach((collection, loss) -> lost.put(collection, RepairJson.byKind(loss)));
    return lost;
  }
}
