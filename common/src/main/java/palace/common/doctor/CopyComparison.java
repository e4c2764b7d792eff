package palace.common.doctor;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import palace.common.chroma.CollectionRow;
import palace.common.sources.CopyCompanions;
import palace.common.sources.Donor;
import palace.common.sources.OpenCopy;
import palace.common.sources.Source;
import palace.common.sources.UnfinishedSwap;
import palace.common.sources.Union;
import palace.common.store.CollectionState;
import palace.common.store.Palace;

/// Compares a palace with its copies and says whether what it lacks was lost by an interrupted
/// repair or deleted by its owner.
///
/// An interruption is proven by one of these, and an ordinary backup has none of them:
///
/// | proof | why |
/// |---|---|
/// | a staging collection in the palace, beside a copy that the same command makes | the command deletes it when it is done |
/// | a staging collection with drawers in the copy | the copy was made while an interrupted repair waited to be finished |
/// | the palace has seen fewer writes than the copy has drawers, most of its own are in the copy | whoever fills a palace anew writes every drawer once |
/// | a copy that `mempalace migrate` makes; the palace has seen no more writes than that has drawers, and has all of them, if in another collection; a collection is incomplete, or no other file is there | that command puts all drawers into one collection, and carries no other files over |
final class CopyComparison {
  private static final int BATCH = 500;

  private final Examination examination;
  private final Palace palace;
  private final boolean staged;
  private final Set<String> collectionsTold = new HashSet<>();
  private final Set<String> companionsTold = new HashSet<>();

  CopyComparison(Examination examination, Palace palace, boolean staged) {
    this.examination = examination;
    this.palace = palace;
    this.staged = staged;
  }

  void compare(Source.Copy copy) throws IOException {
    try (OpenCopy opened = OpenCopy.open(copy)) {
      Tally tally = tally(opened);
      if (isInterruption(opened, tally)) {
        lost(opened, tally);
      } else {
        examination.found(
            new DirectoryFinding.OldCopy(
                copy.place(), tally.held(), tally.lackingDrawers(), companionsOnlyIn(copy)));
      }
    }
  }

  /// What a copy holds.
  ///
  /// @param ids the ids of all its drawers
  /// @param held how many drawers they are: two collections may have the same id
  /// @param shared how many of them the palace has too
  /// @param lacking the collections of the palace that lack some
  /// @param lackingDrawers how many
  /// @param gone its collections that the palace does not have
  /// @param interruptedBefore whether it holds a staging collection with something that is lacking
  private record Tally(
      Set<String> ids,
      long held,
      long shared,
      List<CollectionRow> lacking,
      long lackingDrawers,
      List<CollectionRow> gone,
      boolean interruptedBefore) {
    boolean isLoss() {
      return !lacking.isEmpty() || !gone.isEmpty();
    }
  }

  private Tally tally(OpenCopy copy) throws IOException {
    var all = new HashSet<String>();
    long held = 0;
    long shared = 0;
    long lackingDrawers = 0;
    boolean before = false;
    var lacking = new ArrayList<CollectionRow>();
    var gone = new ArrayList<CollectionRow>();
    for (CollectionRow there : copy.palace().collections()) {
      boolean staging = SourceCheck.isStaging(there);
      Set<String> ids = OpenCopy.present(copy.palace(), there);
      String name = staging ? Source.Staging.originalOf(there.name()) : there.name();
      Optional<CollectionRow> live = OpenCopy.find(palace, there, name);
      if (!staging) {
        all.addAll(ids);
        held += ids.size();
      }
      if (live.isEmpty()) {
        if (!staging && !ids.isEmpty() && !OpenCopy.isStaged(palace, there)) {
          gone.add(there);
          lackingDrawers += ids.size();
        }
        continue;
      }
      Set<String> known = OpenCopy.known(palace, live.get());
      long missing = ids.stream().filter(id -> !known.contains(id)).count();
      shared += staging ? 0 : ids.size() - missing;
      if (missing > 0) {
        lackingDrawers += missing;
        before |= staging;
        if (!lacking.contains(live.get())) {
          lacking.add(live.get());
        }
      }
    }
    return new Tally(all, held, shared, lacking, lackingDrawers, gone, before);
  }

  private boolean isInterruption(OpenCopy copy, Tally tally) throws IOException {
    return tally.isLoss()
            && (tally.interruptedBefore()
                || staged && isMadeByStagingRepair(copy.copy().kind())
                || isUnfinished(tally))
        || isMigrated(copy.copy(), tally);
  }

  private static boolean isMadeByStagingRepair(Source.Kind kind) {
    return kind == Source.Kind.BACKUP || kind == Source.Kind.DATABASE;
  }

  private boolean isUnfinished(Tally tally) throws IOException {
    long present = 0;
    for (CollectionRow row : palace.collections()) {
      present += OpenCopy.present(palace, row).size();
    }
    return OpenCopy.writes(palace) < tally.held() && tally.shared() * 2 >= present;
  }

  private boolean isMigrated(Source.Copy copy, Tally tally) throws IOException {
    boolean bare = UnfinishedSwap.isBare(palace.layout()) && !companionsOnlyIn(copy).isEmpty();
    return copy.kind().isOfMigration()
        && (tally.isLoss() || bare)
        && OpenCopy.writes(palace) <= tally.held()
        && OpenCopy.present(palace).containsAll(tally.ids());
  }

  private void lost(OpenCopy copy, Tally tally) throws IOException {
    for (CollectionRow row : tally.lacking()) {
      lost(copy, row);
    }
    Path directory = copy.copy().place();
    for (CollectionRow row : tally.gone()) {
      if (collectionsTold.add(row.label())) {
        examination.found(
            new DirectoryFinding.CollectionGone(
                directory, copy.copy(), row, OpenCopy.present(copy.palace(), row).size()));
      }
    }
    List<String> companions =
        companionsOnlyIn(copy.copy()).stream().filter(companionsTold::add).toList();
    if (!companions.isEmpty()) {
      examination.found(new DirectoryFinding.CompanionsGone(directory, companions));
    }
  }

  private void lost(OpenCopy copy, CollectionRow row) throws IOException {
    try (CollectionState live = palace.open(row, examination.database())) {
      var donors = new ArrayList<Donor>();
      long held = 0;
      for (CollectionRow there : copy.rowsFor(row)) {
        CollectionState state = copy.state(there);
        held = Math.max(held, state.entries().size());
        donors.add(Donor.ofDrawers(state, there.id().equals(row.id())));
      }
      Union.Result union = Union.of(live, donors, BATCH);
      if (union.brought() + union.newer() > 0) {
        examination.found(
            new CopyFinding.Interrupted(
                CollectionName.of(row), copy.copy(), held, union.brought() + union.newer()));
      }
    }
  }

  private List<String> companionsOnlyIn(Source.Copy copy) {
    return CopyCompanions.onlyIn(copy, palace.layout().directory());
  }
}
