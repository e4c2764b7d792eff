package palace.repair;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.SchemaLevel;
import palace.common.chroma.SegmentRow;
import palace.common.doctor.CollectionName;
import palace.common.doctor.DatabaseFinding;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.Doctor;
import palace.common.doctor.IndexFinding;
import palace.common.doctor.Severity;
import palace.common.files.Durable;
import palace.common.files.SafePath;
import palace.common.files.TreeCopy;
import palace.common.store.Adoption;
import palace.common.store.CollectionState;
import palace.common.store.Palace;
import palace.common.store.PalaceLayout;
import palace.common.store.StrayDrawers;

/// One round of a repair, inside its transaction: read what is true, write fresh indexes, change
/// the rows, and prove the result through the transaction before it ends.
final class Round {
  private final Path palace;
  private final ChromaDatabase database;
  private final RepairRequest request;
  private final List<RepairPlan.Cure> cures;
  private final Placement placement;
  private final Progress progress;
  private final Step.Watcher watcher;
  private final Map<String, CollectionFacts> facts = new HashMap<>();
  private final Map<String, NewIndex> newIndexes = new LinkedHashMap<>();
  private final Map<String, String> digests = new HashMap<>();
  private final List<RepairReport.Done> done = new ArrayList<>();
  private final List<ConsumedQueue> consumedQueues = new ArrayList<>();
  private final List<Path> companions = new ArrayList<>();
  private final List<Path> retired = new ArrayList<>();
  private final LostValues lostValues;

  Round(
      Path palace,
      ChromaDatabase database,
      RepairRequest request,
      RepairPlan plan,
      Stage stage,
      Placement placement,
      LostValues lostValues,
      Progress progress,
      Step.Watcher watcher) {
    this.lostValues = lostValues;
    this.palace = palace;
    this.database = database;
    this.request = request;
    this.placement = placement;
    this.progress = progress;
    this.watcher = watcher;
    cures = plan.cures().stream().filter(cure -> Stage.of(cure.treatment()) == stage).toList();
  }

  List<RepairReport.Done> done() {
    return done;
  }

  /// {@return content digest by the collection's id in lower case; none when the round did not read
  /// drawers}
  Map<String, String> digests() {
    return digests;
  }

  Iterable<NewIndex> newIndexes() {
    return newIndexes.values();
  }

  /// {@return what the doctor says afterwards}
  Diagnosis treat() throws IOException {
    List<Path> leaving;
    if (isRead()) {
      leaving = prepareAndOperate();
    } else {
      watcher.reached(Step.BUILT);
      leaving = operateOnTies();
    }
    watcher.reached(Step.TREATED);
    retired.addAll(leaving);
    placement.journal(newIndexes.values(), companions, retired);
    watcher.reached(Step.JOURNALED);
    placement.place();
    watcher.reached(Step.NAMED);
    Diagnosis after = prove();
    watcher.reached(Step.PROVEN);
    return after;
  }

  /// What ties drawers and segments to collections is read before anything is changed.
  private List<Path> operateOnTies() throws IOException {
    if (cures.stream()
        .noneMatch(cure ->
            cure.treatment() instanceof RestoreSegments
                || cure.treatment() instanceof ReattachDrawers)) {
      return operate(Adoption.NONE, StrayDrawers.NONE);
    }
    Adoption adoption;
    StrayDrawers strays;
    try (Palace opened = Palace.over(NamedSources.layout(palace, request), database)) {
      adoption = opened.adoption();
      strays = opened.strays(database);
    }
    return operate(adoption, strays);
  }

  /// What gives drawers to others stays open until their rows are written.
  private List<Path> prepareAndOperate() throws IOException {
    try (Palace opened =
            Palace.over(NamedSources.layout(palace, request), database, placement.copy());
        var donors = new Donors(opened, request.batchSize())) {
      prepare(opened, donors);
      watcher.reached(Step.BUILT);
      return operate(opened.adoption(), StrayDrawers.NONE);
    }
  }

  private boolean isRead() {
    return cures.stream().noneMatch(cure -> cure.treatment().reveals());
  }

  /// Reads every collection and writes the fresh indexes.
  private void prepare(Palace opened, Donors donors) throws IOException {
    Path folder = placement.workFolder();
    var preparation =
        new IndexPreparation(opened, folder, placement.text(), request.batchSize(), progress);
    for (CollectionRow row : opened.collections()) {
      try (CollectionState state = opened.open(row)) {
        prepare(state, preparation, donors);
      }
    }
    for (RepairPlan.Cure cure : cures) {
      if (cure.treatment() instanceof RestoreCompanions files) {
        copyCompanions(files.source(), RestoreCompanions.names(cure.findings()), folder);
      } else if (cure.treatment() instanceof RetireStaging staging) {
        retired.addAll(directoriesOf(opened, staging.in()));
      }
    }
    Durable.forceDirectory(folder);
  }

  private void prepare(CollectionState own, IndexPreparation preparation, Donors donors)
      throws IOException {
    String id = own.row().id();
    CollectionState state = own;
    for (RepairPlan.Cure cure : cures) {
      if (cure.treatment() instanceof RebuildIndex rebuild && rebuild.in().id().equals(id)) {
        Ghosts.keep(own, placement.aside());
        state = donors.unite(own, cure.findings());
        newIndexes.put(id, preparation.prepare(state, isAnew(cure, request)));
      }
      if (cure.treatment() instanceof PurgeQueue) {
        consumedQueues.add(ConsumedQueue.of(own));
      }
    }
    facts.put(id, CollectionFacts.of(palace, state));
    digests.put(key(id), Digests.of(state, newIndexes.containsKey(id), request.batchSize()));
  }

  private void copyCompanions(Path source, List<String> names, Path folder) throws IOException {
    for (String name : names) {
      Path from = SafePath.child(source, name).orElseThrow();
      Path to = SafePath.child(folder, name).orElseThrow();
      TreeCopy.copy(from, to);
      companions.add(to);
    }
  }

  private static List<Path> directoriesOf(Palace opened, CollectionName in) {
    Set<String> segments =
        opened.catalogue().segments().stream()
            .filter(segment -> segment.collectionId().equals(in.id()))
            .map(SegmentRow::id)
            .collect(Collectors.toSet());
    return opened.layout().segmentDirectories().stream()
        .filter(path -> segments.contains(path.getFileName().toString()))
        .toList();
  }

  /// A graph with any fault is not carried over, even if each of its elements is sound.
  private static boolean isAnew(RepairPlan.Cure cure, RepairRequest request) {
    boolean asked = request.rebuildIndex() && cure.findings().isEmpty();
    return asked
        || cure.findings().stream()
            .anyMatch(finding ->
                finding instanceof IndexFinding.Faulty && finding.severity() != Severity.NOTICE);
  }

  private static String key(String collectionId) {
    return collectionId.toLowerCase(Locale.ROOT);
  }

  /// {@return the directories that are to leave the palace}
  private List<Path> operate(Adoption adoption, StrayDrawers strays) throws IOException {
    SchemaLevel level = database.schema().level();
    List<String> directories =
        PalaceLayout.of(palace).segmentDirectories().stream()
            .map(directory -> directory.getFileName().toString())
            .toList();
    var surgery =
        new Surgery(
            database,
            level,
            directories,
            adoption,
            strays,
            facts,
            newIndexes,
            consumedQueues,
            placement.aside(),
            request.filling(),
            lostValues);
    for (RepairPlan.Cure cure : cures) {
      long changes = cure.treatment().apply(surgery, cure.findings());
      done.add(new RepairReport.Done(cure.treatment(), changes));
    }
    return surgery.retired();
  }

  private Diagnosis prove() throws IOException {
    Diagnosis after = Doctor.examine(palace, database, progress);
    Set<List<String>> remaining = new HashSet<>();
    after.damages().stream()
        // The trees are new, but the pages of the old ones are freed only after the transaction.
        .filter(finding -> !(finding instanceof DatabaseFinding.SqlIndexesDamaged))
        .forEach(finding -> remaining.add(Proof.key(finding)));
    for (RepairPlan.Cure cure : cures) {
      for (var finding : cure.findings()) {
        if (remaining.contains(Proof.key(finding))) {
          throw new PalaceException.Failed(
              "treatment %s did not cure this: %s"
                  .formatted(cure.treatment().code(), finding.sentence()),
              "the palace is as it was; please report this");
        }
      }
    }
    if (isRead()) {
      Proof.requireSameContent(palace, database, digests, request.batchSize());
    }
    return after;
  }
}
