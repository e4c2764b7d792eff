package palace.common.sources;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import palace.common.chroma.SequenceNumber;
import palace.common.store.CollectionState;
import palace.common.store.Drawer;
import palace.common.store.DrawerEntry;
import palace.common.store.QueueEntry;
import palace.common.store.VectorSource;

/// A collection united with others: its own drawers first, then those that only others have, and
/// for each the newest state and a vector that was made from its text.
///
/// A drawer that the queue of the collection knows was deleted, or could not be applied; it is not
/// brought back. A vector is taken from another collection only with an equal document, because it
/// belongs to the document it was made from.
public final class Union {
  private final CollectionState own;
  private final List<Donor> donors;
  private final int batchSize;
  private final Map<String, DrawerEntry> drawers = new LinkedHashMap<>();
  private final Set<String> queued = new HashSet<>();
  private final List<Pair> doubtful = new ArrayList<>();
  private final long[] brought;
  private final long[] newer;
  private final long[] vectors;

  /// A drawer of the collection, and another state of it in a donor.
  private record Pair(int donor, DrawerEntry mine, DrawerEntry theirs) {}

  private Union(CollectionState own, List<Donor> donors, int batchSize) {
    this.own = own;
    this.donors = donors.stream().filter(donor -> donor.fits(own)).toList();
    this.batchSize = batchSize;
    brought = new long[this.donors.size()];
    newer = new long[this.donors.size()];
    vectors = new long[this.donors.size()];
  }

  /// What came of it.
  ///
  /// @param state the collection with everything, read through the donors
  /// @param brought how many drawers are brought in
  /// @param newer how many drawers have a newer state in a donor, which is taken
  /// @param vectors how many drawers get a vector
  public record Result(CollectionState state, long brought, long newer, long vectors) {
    /// {@return whether a donor gives anything}
    public boolean isGain() {
      return brought + newer + vectors > 0;
    }
  }

  /// Unites a collection with others, the best of them first.
  public static Result of(CollectionState own, List<Donor> donors, int batchSize)
      throws IOException {
    var union = new Union(own, donors, batchSize);
    union.unite();
    List<CollectionState> states = union.donors.stream().map(Donor::state).toList();
    return new Result(
        own.with(List.copyOf(union.drawers.values()), states),
        sum(union.brought),
        sum(union.newer),
        sum(union.vectors));
  }

  private static long sum(long[] counts) {
    long sum = 0;
    for (long count : counts) {
      sum += count;
    }
    return sum;
  }

  private void unite() throws IOException {
    own.entries().forEach(entry -> drawers.put(entry.id(), entry));
    own.queueEntries().stream().map(QueueEntry::id).forEach(queued::add);
    for (int donor = 0; donor < donors.size(); donor++) {
      for (DrawerEntry theirs : donors.get(donor).state().entries()) {
        unite(donor, theirs);
      }
      settle();
    }
  }

  private void unite(int donor, DrawerEntry theirs) {
    DrawerEntry mine = drawers.get(theirs.id());
    if (mine == null) {
      bring(donor, theirs);
    } else if (theirs.hasVector() && (!mine.hasVector() || mayBeNewer(donor, mine, theirs))) {
      doubtful.add(new Pair(donor, mine, theirs));
    }
  }

  private boolean mayBeNewer(int donor, DrawerEntry mine, DrawerEntry theirs) {
    Donor from = donors.get(donor);
    return from.brings()
        && from.sameQueue()
        && mine.brought().isEmpty()
        && theirs.sequence() > mine.sequence();
  }

  private void bring(int donor, DrawerEntry theirs) {
    Donor from = donors.get(donor);
    boolean wanted = from.brings() && (theirs.hasVector() || from.retires());
    if (wanted && (from.revives() || !queued.contains(theirs.id()))) {
      drawers.put(theirs.id(), broughtFrom(donor, theirs, 0));
      brought[donor]++;
    }
  }

  private static DrawerEntry broughtFrom(int donor, DrawerEntry theirs, long rowId) {
    var from = new VectorSource.InDonor(donor, theirs);
    return new DrawerEntry(
        theirs.id(),
        rowId,
        theirs.sequence() < SequenceNumber.PLAUSIBLE ? Math.max(1, theirs.sequence()) : 1,
        List.of(),
        theirs.hasVector() ? from : new VectorSource.Missing(),
        Optional.of(from));
  }

  /// Compares the texts of the drawers that two collections have.
  private void settle() throws IOException {
    for (int from = 0; from < doubtful.size(); from += batchSize) {
      settle(doubtful.subList(from, Math.min(doubtful.size(), from + batchSize)));
    }
    doubtful.clear();
  }

  private void settle(List<Pair> batch) throws IOException {
    if (batch.isEmpty()) {
      return;
    }
    int donor = batch.getFirst().donor();
    List<Drawer> mine = united().read(batch.stream().map(Pair::mine).toList());
    List<Drawer> theirs = donors.get(donor).state().read(batch.stream().map(Pair::theirs).toList());
    for (int i = 0; i < batch.size(); i++) {
      settle(batch.get(i), mine.get(i), theirs.get(i));
    }
  }

  private CollectionState united() {
    return own.with(List.of(), donors.stream().map(Donor::state).toList());
  }

  private void settle(Pair pair, Drawer mine, Drawer theirs) {
    boolean sameText = mine.document().equals(theirs.document());
    boolean sameWhole = sameText && mine.metadata().equals(theirs.metadata());
    if (!sameWhole && mayBeNewer(pair.donor(), pair.mine(), pair.theirs())) {
      drawers.put(mine.id(), broughtFrom(pair.donor(), pair.theirs(), pair.mine().rowId()));
      newer[pair.donor()]++;
    } else if (sameText && !pair.mine().hasVector()) {
      var from = new VectorSource.InDonor(pair.donor(), pair.theirs());
      drawers.put(mine.id(), pair.mine().withVector(from));
      vectors[pair.donor()]++;
    }
  }
}
