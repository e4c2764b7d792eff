package palace.repair;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import palace.common.chroma.Catalogue;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.CollectionRow;
import palace.common.doctor.DatabaseFinding;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.DirectoryFinding;
import palace.common.doctor.Finding;
import palace.common.store.NeedsEmbedding;
import palace.common.store.SkippedRow;

/// The rounds of one repair in one transaction, and what they did and could not keep.
final class Rounds {
  /// What makes rows readable, foundations, the rest, what only then came to light, what comes
  /// last.
  private static final int MOST_ROUNDS = 7;

  private final RunContext context;
  private final ChromaDatabase writer;
  private final Placement placement;
  private final List<RepairReport.Done> done = new ArrayList<>();
  private final Map<String, List<String>> lostVectors = new LinkedHashMap<>();
  private final Map<String, List<SkippedRow>> skipped = new LinkedHashMap<>();
  private final Map<String, String> digests = new LinkedHashMap<>();
  private final LostValues lostValues = new LostValues();
  private boolean reindexed;
  private boolean vacuumed;

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

  /// {@return whether the file is to be written anew once the transaction has ended}
  boolean vacuumed() {
    return vacuumed;
  }

  /// {@return content digests that the last round proved, by the collection's id in lower case;
  /// none when it did not read drawers}
  Map<String, String> digests() {
    return digests;
  }

  /// {@return what the doctor says, through the transaction, when all is treated}
  Diagnosis treat(RepairPlan first) throws IOException {
    RepairPlan plan = first;
    RepairRequest asked = context.request();
    Diagnosis after = plan.diagnosis();
    for (int count = 0; count < MOST_ROUNDS && !plan.cures().isEmpty(); count++) {
      Repair.requireAcceptedLoss(plan, context.request());
      Stage stage = Stage.first(plan.treatments());
      reindexed |=
          plan.treatments().stream()
              .anyMatch(one -> one instanceof Reindex || one instanceof RestoreTexts);
      vacuumed |= plan.treatments().stream().anyMatch(Vacuum.class::isInstance);
      var round =
          new Round(
              context.palace(),
              writer,
              asked,
              plan,
              stage,
              placement,
              lostValues,
              context.progress(),
              context.watcher());
      after = reindexed ? withoutOldTrees(round.treat()) : round.treat();
      record(round);
      asked = stage.rest(asked);
      after = withoutReplaced(after);
      plan = planAfter(after, stage, asked);
    }
    List<CollectionRow> collections = Catalogue.read(writer).collections();
    placement.settleList(line -> isBack(line, collections));
    return after;
  }

  /// What named sources hold is done in the round that is not about foundations.
  private RepairPlan planAfter(Diagnosis after, Stage stage, RepairRequest asked)
      throws IOException {
    return stage == Stage.FOUNDATION
        ? NamedSources.plan(after, context.palace(), writer, asked)
        : Planner.plan(after, asked);
  }

  private boolean isBack(NeedsEmbedding.Line line, List<CollectionRow> collections) {
    Optional<CollectionRow> row =
        line.drawer().flatMap(drawer -> WaitingList.collectionOf(drawer, collections));
    try {
      return row.isPresent()
          && writer.number(
                  "SELECT count(*) FROM embeddings WHERE embedding_id=? AND segment_id IN"
                      + " (SELECT id FROM segments WHERE scope='METADATA' AND collection=?)",
                  line.drawer().orElseThrow().id(),
                  row.get().id())
              > 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Inside the transaction that made its SQL indexes anew, pages of the damaged trees still belong
  /// to nothing.
  private static Diagnosis withoutOldTrees(Diagnosis diagnosis) {
    return without(diagnosis, DatabaseFinding.SqlIndexesDamaged.class::isInstance);
  }

  /// A replaced segment lies in the palace, where it belongs to nothing, until the end.
  private Diagnosis withoutReplaced(Diagnosis diagnosis) {
    return without(
        diagnosis,
        finding ->
            finding instanceof DirectoryFinding.Orphan(Path directory, long bytes)
                && placement.replaced().contains(directory));
  }

  private static Diagnosis without(Diagnosis diagnosis, Predicate<Finding> left) {
    return new Diagnosis(
        diagnosis.palace(),
        diagnosis.level(),
        diagnosis.findings().stream().filter(left.negate()).toList(),
        diagnosis.notRun(),
        diagnosis.collections());
  }

  private void record(Round round) {
    done.addAll(round.done());
    digests.clear();
    digests.putAll(round.digests());
    for (NewIndex index : round.newIndexes()) {
      String name = index.facts().row().label();
      if (!index.lost().isEmpty()) {
        lostVectors.computeIfAbsent(name, key -> new ArrayList<>()).addAll(index.lost());
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

  /// {@return what every collection could not keep, by its label}
  Map<String, Loss> losses() throws IOException {
    var losses = new LinkedHashMap<String, Loss>();
    lostVectors.forEach(
        (name, ids) -> losses.put(name, new Loss(List.of(), ids, List.of(), List.of())));
    for (CollectionRow row : Catalogue.read(writer).collections()) {
      Loss loss =
          new Loss(
              List.of(),
              lostVectors.getOrDefault(row.label(), List.of()),
              lostValues.documents(row.id()),
              lostValues.metadata(row.id()));
      if (!loss.isEmpty()) {
        losses.put(row.label(), loss);
      }
    }
    return losses;
  }

  /// {@return queue rows that nobody can apply, by the name of the collection}
  Map<String, List<SkippedRow>> skipped() {
    return skipped;
  }

  /// {@return what a diagnosis leaves to say once replaced directories were moved away, at which
  /// the doctor had still looked}
  static List<Finding> remaining(Diagnosis last) {
    return last.findings().stream().filter(finding -> !isRetired(finding)).toList();
  }

  private static boolean isRetired(Finding finding) {
    return finding instanceof DirectoryFinding.Orphan(Path directory, long bytes)
        && !Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS);
  }
}
