package palace.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import palace.common.doctor.Severity;
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
      case Outcome.Repaired(RepairReport report) -> report(report, "repaired: healthy");
      case Outcome.PartlyRepaired(RepairReport report) -> report(report, partly(report));
      case Outcome.PutBack(Path from, Outcome then) -> putBack(from, then);
    };
  }

  private static List<String> putBack(Path from, Outcome then) {
    var lines = new ArrayList<String>();
    lines.add("no palace was there: put back from " + from + ", which is as it was");
    lines.addAll(of(then));
    return lines;
  }

  private static String partly(RepairReport report) {
    boolean damaged =
        report.remaining().stream().anyMatch(finding -> finding.severity() != Severity.NOTICE);
    return damaged
        ? "partly repaired: findings remain"
        : "repaired as far as it goes: some drawers need a new vector";
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
    lines.addAll(MigrationText.lost(lost(report)));
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
    lines.add(String.format(Locale.ROOT, "took %.1f s", report.took().toMillis() / 1000.0));
    lines.add("previous database and index kept as snapshot " + report.snapshot());
    lines.add("undo with:");
    report.undo().forEach(command -> lines.add("  " + command));
    return lines;
  }

  private static Map<String, Map<String, List<String>>> lost(RepairReport report) {
    var lost = new LinkedHashMap<String, Map<String, List<String>>>();
    report.lost().forEach((collection, loss) -> lost.put(collection, RepairJson.byKind(loss)));
    return lost;
  }
}
