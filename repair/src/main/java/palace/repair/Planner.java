package palace.repair;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import palace.common.PalaceException;
import palace.common.doctor.CollectionName;
import palace.common.doctor.CollectionSummary;
import palace.common.doctor.CopyFinding;
import palace.common.doctor.DatabaseFinding;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.DirectoryFinding;
import palace.common.doctor.Finding;
import palace.common.doctor.NotRun;
import palace.common.doctor.QueueFinding;
import palace.common.doctor.Severity;

/// Turns a diagnosis into a plan. Several findings of one collection often need one treatment, so
/// equal treatments are one. A notice is cured on the way when something else has to be, and only
/// an interrupted write is reason enough by itself.
final class Planner {
  private final Diagnosis diagnosis;
  private final Map<Treatment, List<Finding>> cures = new LinkedHashMap<>();
  private final List<RepairPlan.Untreatable> untreatable = new ArrayList<>();
  private boolean needed;
  private boolean endangered;

  private Planner(Diagnosis diagnosis) {
    this.diagnosis = diagnosis;
  }

  /// {@return the plan for a diagnosis}
  ///
  /// @throws PalaceException.Refused when indexes of a collection are to be rebuilt that does not
  ///   exist
  static RepairPlan plan(Diagnosis diagnosis, RepairRequest request)
      throws PalaceException.Refused {
    var planner = new Planner(diagnosis);
    diagnosis.findings().forEach(planner::judge);
    planner.requireCollection(request);
    if (request.rebuildIndex()) {
      planner.forceRebuild(request);
    }
    request.filling().ifPresent(planner::fill);
    planner.named(request);
    return planner.plan();
  }

  private void judge(Finding finding) {
    boolean harmless = finding.severity() == Severity.NOTICE;
    boolean reasonEnough =
        !harmless
            || finding instanceof DatabaseFinding.InterruptedWrite
            || finding instanceof CopyFinding.Named;
    switch (Verdict.on(finding)) {
      case Verdict.Treat(RebuildIndex treatment) when !reasonEnough -> {}
      case Verdict.Treat(Treatment treatment) -> {
        cures.computeIfAbsent(treatment, key -> new ArrayList<>()).add(finding);
        needed |= reasonEnough;
      }
      case Verdict.Leave leave -> {}
      case Verdict.Hopeless(String reason, boolean endangers) when !harmless -> {
        untreatable.add(new RepairPlan.Untreatable(finding, reason));
        endangered |= endangers;
      }
      case Verdict.Hopeless notice -> {}
    }
  }

  private List<CollectionSummary> wanted(RepairRequest request) {
    return diagnosis.collections().stream()
        .filter(summary -> request.collection().map(summary.name()::equals).orElse(true))
        .toList();
  }

  private void requireCollection(RepairRequest request) throws PalaceException.Refused {
    boolean chosen =
        request.rebuildIndex() || request.treatments().contains(NamedTreatment.FLUSH_QUEUE);
    if (chosen && request.collection().isPresent() && wanted(request).isEmpty()) {
      throw new PalaceException.Refused(
          "%s has no collection %s".formatted(request.palace(), request.collection().get()),
          "palace status lists the collections");
    }
  }

  private void forceRebuild(RepairRequest request) {
    for (CollectionSummary summary : wanted(request)) {
      ask(new RebuildIndex(new CollectionName(summary.id(), summary.name())));
    }
  }

  private void fill(Filling filling) {
    for (CollectionName in : filling.collections().values()) {
      if (!filling.applied()) {
        ask(new FillVectors(in));
      }
      ask(new RebuildIndex(in));
    }
  }

  private void ask(Treatment treatment) {
    cures.computeIfAbsent(treatment, key -> new ArrayList<>());
    needed = true;
  }

  private void named(RepairRequest request) {
    for (NamedTreatment name : request.treatments()) {
      switch (name) {
        case FLUSH_QUEUE -> flush(request);
        case PURGE_QUEUE -> ask(new PurgeQueue(), QueueFinding.OrphanTopics.class);
        case RETIRE_ORPHANS -> ask(new RetireOrphans(), DirectoryFinding.Orphan.class);
        case REBUILD_FULL_TEXT -> ask(new RebuildFullText());
        case VACUUM -> ask(new Vacuum());
      }
    }
  }

  private void ask(Treatment treatment, Class<? extends Finding> reason) {
    ask(treatment);
    List<Finding> reasons = Objects.requireNonNull(cures.get(treatment));
    diagnosis.findings().stream().filter(reason::isInstance).forEach(reasons::add);
  }

  /// A collection without drawers, or with all of them in its index, has nothing to flush; its
  /// threshold is stated all the same.
  private void flush(RepairRequest request) {
    for (CollectionSummary summary : wanted(request)) {
      if (summary.drawers() > 0) {
        var in = new CollectionName(summary.id(), summary.name());
        ask(new RebuildIndex(in));
        ask(new StateThreshold(in));
      }
    }
  }

  /// What is wrong with a staging collection matters no more when it goes.
  private void leaveStagingAlone() {
    for (Treatment treatment : List.copyOf(cures.keySet())) {
      if (treatment instanceof RetireStaging staging) {
        cures.keySet().removeIf(other -> other != staging && isFor(other, staging.in()));
      }
    }
  }

  private static boolean isFor(Treatment treatment, CollectionName in) {
    return treatment instanceof CollectionTreatment of && of.in().equals(in);
  }

  private RepairPlan plan() {
    leaveStagingAlone();
    boolean nothing = !needed || endangered;
    List<RepairPlan.Cure> ordered =
        nothing
            ? List.of()
            : cures.entrySet().stream()
                .map(entry -> new RepairPlan.Cure(entry.getKey(), entry.getValue()))
                .sorted(Comparator.comparingInt(cure -> order(cure.treatment())))
                .toList();
    return new RepairPlan(diagnosis, ordered, untreatable);
  }

  /// Later treatments rely on what earlier ones restored: rows are read by right ids, texts are
  /// right before the full-text table is filled, and the table is whole before single rows are
  /// taken out of it.
  private static int order(Treatment treatment) {
    return switch (treatment) {
      case PutPalaceBack first -> -2;
      case RescueDatabase database -> -1;
      case RecoverInterruptedWrite write -> 0;
      case RestoreTexts texts -> 0;
      case Reindex indexes -> 1;
      case RestoreNumbers rows -> 1;
      case FillVectors drawers -> 7;
      case RestoreMigrations rows -> 2;
      case RestoreTenancy rows -> 3;
      case LowerCaseIds ids -> 4;
      case RestoreCatalogue rows -> 4;
      case RestoreSegments rows -> 5;
      case ReattachDrawers rows -> 6;
      case RestoreQueueConfiguration row -> 6;
      case NormaliseMetadata values -> 7;
      case RebuildFullText table -> 8;
      case DropOrphans rows -> 9;
      case StateConfiguration texts -> 10;
      case SetDimension number -> 11;
      case RenameCollection name -> 12;
      case RestoreCollection row -> 13;
      case RestoreCompanions files -> 14;
      case RebuildIndex index -> 15;
      case RetireStaging rows -> 16;
      case StateThreshold number -> 17;
      case PurgeQueue rows -> 18;
      case RetireOrphans directories -> 19;
      case Vacuum pages -> 20;
    };
  }

  /// {@return why a diagnosis without findings is not one of a healthy palace, one reason a check}
  static List<String> unanswered(Diagnosis diagnosis) {
    return diagnosis.notRun().stream()
        .filter(NotRun::essential)
        .map(check -> check.check() + ": " + check.reason())
        .toList();
  }
}
