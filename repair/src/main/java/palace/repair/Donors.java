package palace.repair;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.chroma.CollectionRow;
import palace.common.doctor.CopyFinding;
import palace.common.doctor.Finding;
import palace.common.sources.Copies;
import palace.common.sources.Donor;
import palace.common.sources.MigrationBuilds;
import palace.common.sources.OpenCopy;
import palace.common.sources.Source;
import palace.common.sources.Union;
import palace.common.store.CollectionState;
import palace.common.store.Palace;
import palace.common.swap.LogValue;

/// The collections from which others get drawers and vectors in one round of a repair. They stay
/// open until the rows are written.
final class Donors implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Donors.class);

  private final Palace palace;
  private final int batchSize;
  private final Map<Source.Copy, OpenCopy> copies = new LinkedHashMap<>();
  private final List<CollectionState> staged = new ArrayList<>();

  Donors(Palace palace, int batchSize) {
    this.palace = palace;
    this.batchSize = batchSize;
  }

  /// {@return a collection with everything that others have to give: what its findings name, and
  /// for vectors that are still missing every copy of the palace}
  CollectionState unite(CollectionState state, List<Finding> findings) throws IOException {
    CollectionState united = state;
    var donors = new ArrayList<Donor>();
    staging(state.row()).ifPresent(donors::add);
    for (Finding finding : findings) {
      if (finding instanceof CopyFinding of && of.source() instanceof Source.Copy copy) {
        donors.addAll(of(copy, finding, state.row()));
      }
    }
    if (!donors.isEmpty()) {
      united = Union.of(state, donors, batchSize).state();
    }
    if (united.missingVectors().isEmpty()) {
      return united;
    }
    donors.addAll(everyCopy(state.row()));
    return donors.isEmpty() ? state : Union.of(state, donors, batchSize).state();
  }

  private Optional<Donor> staging(CollectionRow row) throws IOException {
    Optional<CollectionRow> found = OpenCopy.find(palace, row, row.name() + Source.Staging.MARK);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    CollectionState state = palace.open(found.get());
    staged.add(state);
    return Optional.of(Donor.staging(state));
  }

  private List<Donor> of(Source.Copy copy, Finding finding, CollectionRow row) throws IOException {
    var donors = new ArrayList<Donor>();
    OpenCopy opened = open(copy);
    for (CollectionRow there : opened.rowsFor(row)) {
      CollectionState state = opened.state(there);
      boolean sameQueue = there.id().equals(row.id());
      donors.add(
          switch ((CopyFinding) finding) {
            case CopyFinding.Interrupted repair -> Donor.ofDrawers(state, sameQueue);
            case CopyFinding.Named named -> Donor.named(state, sameQueue);
            case CopyFinding.VectorsElsewhere vectors -> Donor.ofVectors(state);
            case CopyFinding.OriginalGone gone -> Donor.ofVectors(state);
            case CopyFinding.StagingLeft left -> Donor.ofVectors(state);
            case CopyFinding.Unfit unfit -> Donor.ofVectors(state);
          });
    }
    return donors;
  }

  /// A copy that cannot be read gives nothing, and is no reason to give up.
  private List<Donor> everyCopy(CollectionRow row) throws IOException {
    var all = new ArrayList<>(Copies.of(palace.layout()));
    all.addAll(Copies.snapshotsOf(palace.layout()));
    all.addAll(MigrationBuilds.ofSameModel(palace, palace.database()));
    var donors = new ArrayList<Donor>();
    for (Source.Copy copy : all) {
      try {
        OpenCopy opened = open(copy);
        for (CollectionRow there : opened.rowsFor(row)) {
          donors.add(Donor.ofVectors(opened.state(there)));
        }
      } catch (IOException e) {
        LOG.warn("copy.unreadable path={} cause={}", LogValue.of(copy.place()), LogValue.of(e));
      }
    }
    return donors;
  }

  private OpenCopy open(Source.Copy copy) throws IOException {
    OpenCopy opened = copies.get(copy);
    if (opened == null) {
      opened = OpenCopy.open(copy);
      copies.put(copy, opened);
    }
    return opened;
  }

  @Override
  public void close() throws IOException {
    staged.forEach(CollectionState::close);
    for (OpenCopy copy : copies.values()) {
      copy.close();
    }
  }
}
