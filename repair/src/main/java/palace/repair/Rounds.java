package palace.repair;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import palace.common.chroma.ChromaDatabase;
import palace.common.doctor.DatabaseFinding;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.DirectoryFinding;
import palace.common.doctor.Finding;
import palace.common.store.Drawer;
import palace.common.store.SkippedRow;

/// The rounds of one repair in one transaction, and what they did and could not keep.
final class Rounds {
  /// Foundations, then the rest, then what only then came to light.
  private static final int MOST_ROUNDS = 4;

  private final RunContext context;
  private final ChromaDatabase writer;
  private final Placement placement;
  private final List<RepairReport.Done> done = new ArrayList<>();
  private final Map<String, List<String>> lostVectors = new LinkedHashMap<>();
  private final Map<String, List<SkippedRow>> skipped = new LinkedHashMap<>();
  private boolean reindexed;

  Rounds(RunContext context, ChromaDatabase writer, Placement placement) {
    this.context = context;
    this.writer = writer;
    this.placement = placement;
  }

  /// {@return whether SQL indexes were made anew, whose old pages SQLite frees only with the end of
  /// the transaction}
  boolean reindexed() {
    return reindexed;
  }

  /// {@return what the doctor says, through the transaction, when all is treated}
  Diagnosis treat(RepairPlan first) throws IOException {
    RepairRequest request = context.request();
    RepairPlan plan = first;
    Diagnosis after = plan.diagnosis();
    for (int count = 0; count < MOST_ROUNDS && !plan.cures().isEmpty(); count++) {
      boolean foundation = plan.treatments().stream().anyMatch(Treatment::isFoundation);
      reindexed |= plan.treatments().stream().anyMatch(Reindex.class::isInstance);
      var round =
          new Round(
              context.palace(),
              writer,
              request,
              plan,
              foundation,
              placement,
              context.progress(),
              context.watcher());
      after = reindexed ? withoutOldTrees(round.treat()) : round.treat();
      record(round);
      plan = Planner.plan(after, foundation ? request : request.withRebuiltIndex(false));
    }
    return after;
  }

  /// Inside the transaction that made its SQL indexes anew, pages of the damaged trees still belong
  /// to nothing.
  private static Diagnosis withoutOldTrees(Diagnosis diagnosis) {
    return new Diagnosis(
        diagnosis.palace(),
        diagnosis.level(),
        diagnosis.findings().stream()
            .filter(finding -> !(finding instanceof DatabaseFinding.SqlIndexesDamaged))
            .toList(),
        diagnosis.notRun(),
        diagnosis.collections());
  }

  private void record(Round round) {
    done.addAll(round.done());
    for (NewIndex index : round.newIndexes()) {
      String name = index.facts().row().label();
      if (!index.lost().isEmpty()) {
        lostVectors
            .computeIfAbsent(name, key -> new ArrayList<>())
            .addAll(index.lost().stream().map(Drawer::id).toList());
      }
      if (!index.skipped().isEmpty()) {
        skipped.computeIfAbsent(name, key -> new ArrayList<>()).addAll(index.skipped());
      }
    }
  }

  /// {@return the treatments that were applied, in their order}
  List<RepairReport.Done> done() {
    return done;
  }

  /// {@return drawers whose vector is nowhere, by the name of the collection}
  Map<String, List<String>> lostVectors() {
    return lostVectors;
  }

  /// {@return queue rows that nobody can apply, by the name of the collection}
  Map<String, List<SkippedRow>> skipped() {
    return skipped;
  }

  /// {@return what a diagnosis leaves to say once replaced directories were moved away, at which the
  /// doctor had still looked}
  static List<Finding> remaining(Diagnosis last) {
    return last.findings().stream().filter(finding -> !isRetired(finding)).toList();
  }

  private static boolean isRetired(Finding finding) {
    return finding instanceof DirectoryFinding.Orphan(Path directory, long bytes)
        && !Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS);
  }
}
