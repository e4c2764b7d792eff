package palace.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import palace.migrate.MigrationPlan;
import palace.migrate.MigrationReport;
import palace.migrate.MigrationReport.Outcome;

/// What a migration planned and did, for people.
final class MigrationText {
  private static final int NAMED_LOSSES = 5;

  private MigrationText() {}

  /// {@return the plan}
  static List<String> plan(MigrationPlan plan) {
    var lines = new ArrayList<String>();
    lines.add(
        "plan: bring %s from chroma %s to %s; %s in %s"
            .formatted(
                plan.palace(),
                plan.from().releases(),
                plan.to(),
                Numbers.count(plan.drawers(), "drawer"),
                Numbers.count(plan.collections().size(), "collection")));
    plan.collections().forEach(collection -> lines.add("  " + line(collection)));
    plan.notCarried().forEach(what -> lines.add("cannot be carried: " + what));
    lines.add(
        "needs %s, %s are free"
            .formatted(Numbers.bytes(plan.neededBytes()), Numbers.bytes(plan.freeBytes())));
    return lines;
  }

  private static String line(MigrationPlan.CollectionPlan collection) {
    String index =
        switch (collection.indexFiles()) {
          case NONE -> "no index to write";
          case CARRIED -> "index carried over";
          case REBUILT -> "index built anew";
        };
    String missing =
        collection.missing() == 0
            ? ""
            : "; " + Numbers.count(collection.missing(), "vector") + " exist nowhere";
    return "%s: %s, %s, %s%s"
        .formatted(
            StatusText.name(collection.tenant(), collection.database(), collection.name()),
            Numbers.count(collection.drawers(), "drawer"),
            collection.space().chromaName(),
            index,
            missing);
  }

  /// {@return what happened}
  static List<String> of(MigrationReport report) {
    return switch (report.outcome()) {
      case Outcome.Planned() -> planned(report);
      case Outcome.NothingToDo(String reason) -> List.of("nothing to do: " + reason);
      case Outcome.Migrated migrated -> migrated(report, migrated);
    };
  }

  private static List<String> planned(MigrationReport report) {
    var lines = new ArrayList<>(plan(report.plan()));
    report.warnings().forEach(warning -> lines.add("warning: " + warning));
    lines.add("nothing was changed");
    return lines;
  }

  private static List<String> migrated(MigrationReport report, Outcome.Migrated migrated) {
    var lines = new ArrayList<String>();
    long drawers =
        report.collections().stream().mapToLong(MigrationReport.CollectionResult::drawers).sum();
    lines.add(
        "built, compared drawer by drawer%s: chroma %s palace, %s, %s"
            .formatted(
                migrated.snapshot().isPresent() ? ", exchanged" : "",
                report.plan().to(),
                Numbers.count(report.collections().size(), "collection"),
                Numbers.count(drawers, "drawer")));
    lines.addAll(lost(report.lost()));
    report.notCarried().forEach(what -> lines.add("not carried: " + what));
    if (!report.skipped().isEmpty()) {
      lines.add(Numbers.count(report.skipped().size(), "queue row") + " that nobody can apply");
    }
    report.warnings().forEach(warning -> lines.add("warning: " + warning));
    lines.add(
        "took %s; the palace is %s"
            .formatted(String.format(Locale.ROOT, "%.1f s", report.seconds()), migrated.palace()));
    migrated.snapshot().ifPresent(kept -> lines.add("previous palace kept as snapshot " + kept));
    migrated.undo().ifPresent(undo -> lines.add("undo with: " + undo));
    return lines;
  }

  /// {@return what was lost, the first ids by name; all of them are in the JSON report}
  static List<String> lost(Map<String, Map<String, List<String>>> lost) {
    var lines = new ArrayList<String>();
    lost.forEach((collection, kinds) ->
        kinds.forEach((kind, ids) -> {
          if (!ids.isEmpty()) {
            lines.add(
                "lost in %s: %s of %s: %s"
                    .formatted(collection, kind, Numbers.count(ids.size(), "drawer"), some(ids)));
          }
        }));
    return lines;
  }

  private static String some(List<String> ids) {
    String first = String.join(", ", ids.subList(0, Math.min(ids.size(), NAMED_LOSSES)));
    return ids.size() <= NAMED_LOSSES ? first : first + ", … (all with --json)";
  }
}
