package palace.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import palace.common.ShellWord;
import palace.common.restore.RestorePlan;
import palace.common.restore.RestorePlan.CollectionChange;
import palace.common.restore.RestoreReport;
import palace.common.restore.RestoreReport.Outcome;

/// What a restore would do and did, for people.
final class RestoreText {
  private static final int NAMED = 5;

  private RestoreText() {}

  /// {@return what a dry run says}
  static List<String> of(RestorePlan plan) {
    var lines = new ArrayList<>(plan(plan));
    lines.add("nothing was changed");
    return lines;
  }

  /// {@return the plan}
  static List<String> plan(RestorePlan plan) {
    return switch (plan) {
      case RestorePlan.AlreadyInPlace already ->
          List.of(
              "snapshot %s is in place already".formatted(already.id()),
              undo(already.by().value(), already));
      case RestorePlan.PutBack putBack -> plan(putBack);
    };
  }

  private static String undo(String id, RestorePlan plan) {
    return "undo with: palace restore " + id + " " + ShellWord.quote(plan.palace());
  }

  private static List<String> plan(RestorePlan.PutBack plan) {
    var lines = new ArrayList<String>();
    lines.add(
        "plan: put snapshot %s (%s, by %s at %s) back at %s"
            .formatted(
                plan.id(),
                plan.snapshot().scope().word(),
                plan.snapshot().command(),
                plan.snapshot().created(),
                plan.palace()));
    plan.damage().forEach(difference -> lines.add("damaged: " + difference.sentence()));
    lines.add(
        plan.palaceMissing()
            ? "there is no palace now"
            : "the palace as it is now becomes a snapshot");
    plan.collections().forEach(change -> lines.addAll(lines(change)));
    plan.unread().ifPresent(reason -> lines.add("drawers could not be compared: " + reason));
    plan.segmentsChanged()
        .forEach(segment -> lines.add("index changed since, and not in the snapshot: " + segment));
    lines.add(
        "needs %s, %s are free"
            .formatted(Numbers.bytes(plan.neededBytes()), Numbers.bytes(plan.freeBytes())));
    return lines;
  }

  private static List<String> lines(CollectionChange change) {
    var lines = new ArrayList<String>();
    lines.add(
        "  %s: %s now, %s then"
            .formatted(
                change.collection(),
                Numbers.count(change.drawersNow(), "drawer"),
                Numbers.count(change.drawersThen())));
    named(lines, "would disappear", change.disappearing());
    named(lines, "would return", change.returning());
    named(lines, "would be as they were", change.changing());
    return lines;
  }

  private static void named(List<String> lines, String what, List<String> ids) {
    if (!ids.isEmpty()) {
      String first = String.join(", ", ids.subList(0, Math.min(ids.size(), NAMED)));
      String all = ids.size() <= NAMED ? first : first + ", … (all with --json)";
      lines.add("    " + Numbers.count(ids.size()) + " " + what + ": " + all);
    }
  }

  /// {@return what happened}
  static List<String> of(RestoreReport report) {
    var lines = new ArrayList<String>();
    report.recovered().forEach(sentence -> lines.add("recovered: " + sentence));
    lines.add(
        switch (report.outcome()) {
          case Outcome.Restored restored ->
              "restored: snapshot %s (%s) is in place at %s"
                  .formatted(report.snapshot(), restored.scope().word(), report.palace());
          case Outcome.AlreadyInPlace already ->
              "snapshot " + report.snapshot() + " is in place already";
        });
    report.warnings().forEach(warning -> lines.add("warning: " + warning));
    lines.add(String.format(Locale.ROOT, "took %.1f s", report.seconds()));
    report
        .undo()
        .ifPresent(id ->
            lines.add("undo with: palace restore " + id + " " + ShellWord.quote(report.palace())));
    return lines;
  }
}
