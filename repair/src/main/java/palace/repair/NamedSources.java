package palace.repair;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import palace.common.PalaceException;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.CollectionRow;
import palace.common.doctor.CollectionName;
import palace.common.doctor.CopyFinding;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.DirectoryFinding;
import palace.common.doctor.Finding;
import palace.common.hnsw.IndexFile;
import palace.common.sources.Copies;
import palace.common.sources.CopyCompanions;
import palace.common.sources.Donor;
import palace.common.sources.OpenCopy;
import palace.common.sources.Source;
import palace.common.sources.Union;
import palace.common.store.CollectionState;
import palace.common.store.Palace;
import palace.common.store.PalaceLayout;
import palace.common.store.VectorSource;

/// The places that the operator named as sources: palaces, snapshots, database files, segment
/// directories. What they hold is brought in without any proof that it was lost.
final class NamedSources {
  private final Palace palace;
  private final RepairRequest request;
  private final List<Finding> findings = new ArrayList<>();

  private NamedSources(Palace palace, RepairRequest request) {
    this.palace = palace;
    this.request = request;
  }

  /// {@return what is known of a palace, with what the named sources have for it}
  ///
  /// @param opened the palace, its segment directories those of [#layout]
  /// @throws PalaceException.Refused when a place is none of what can be a source
  static Diagnosis add(Diagnosis diagnosis, Palace opened, RepairRequest request)
      throws IOException {
    var sources = new NamedSources(opened, request);
    for (Path place : request.sources()) {
      sources.examine(place);
    }
    var all = new ArrayList<>(diagnosis.findings());
    all.addAll(sources.findings);
    return new Diagnosis(
        diagnosis.palace(), diagnosis.level(), all, diagnosis.notRun(), diagnosis.collections());
  }

  /// {@return the plan for what was found through a connection that is open already, with what the
  /// named sources have for it}
  static RepairPlan plan(
      Diagnosis diagnosis, Path palace, ChromaDatabase database, RepairRequest request)
      throws IOException {
    if (request.sources().isEmpty()) {
      return Planner.plan(diagnosis, request);
    }
    try (Palace opened = Palace.over(layout(palace, request), database)) {
      return Planner.plan(add(diagnosis, opened, request), request);
    }
  }

  /// {@return a palace with the named segment directories beside its quarantined ones}
  static PalaceLayout layout(Path palace, RepairRequest request) throws IOException {
    var segments = new ArrayList<Path>();
    for (Path place : request.sources()) {
      if (isSegment(place)) {
        segments.add(place.toRealPath());
      }
    }
    return PalaceLayout.of(palace).withQuarantined(segments);
  }

  private static boolean isSegment(Path place) {
    return Files.isRegularFile(place.resolve(IndexFile.LEVEL0.fileName()), NOFOLLOW_LINKS);
  }

  private void examine(Path place) throws IOException {
    if (isSegment(place)) {
      segment(place.toRealPath());
      return;
    }
    Optional<Source.Copy> copy = Copies.named(palace.layout(), place);
    if (copy.isEmpty()) {
      throw new PalaceException.Refused(
          "--source %s: no palace, snapshot, database or segment directory".formatted(place),
          "name a directory that holds chroma.sqlite3");
    }
    if (copy.get().layout().database().equals(palace.layout().database())) {
      throw new PalaceException.Refused(
          "--source %s: that is the palace itself".formatted(place), "name another place");
    }
    try (OpenCopy opened = OpenCopy.open(copy.get())) {
      examine(opened);
    }
  }

  private void examine(OpenCopy copy) throws IOException {
    for (CollectionRow row : palace.collections()) {
      List<CollectionRow> there = copy.rowsFor(row);
      if (!there.isEmpty()) {
        unite(copy, row, there);
      }
    }
    Source.Copy source = copy.copy();
    for (CollectionRow row : copy.palace().collections()) {
      if (OpenCopy.find(palace, row, row.name()).isEmpty()
          && !OpenCopy.isStaged(palace, row)
          && !row.name().endsWith(Source.Staging.MARK)) {
        int held = OpenCopy.present(copy.palace(), row).size();
        findings.add(new DirectoryFinding.CollectionGone(source.place(), source, row, held));
      }
    }
    List<String> companions = CopyCompanions.onlyIn(source, palace.layout().directory());
    if (!companions.isEmpty()) {
      findings.add(new DirectoryFinding.CompanionsGone(source.layout().directory(), companions));
    }
  }

  private void unite(OpenCopy copy, CollectionRow row, List<CollectionRow> there)
      throws IOException {
    CollectionName in = new CollectionName(row.id(), row.name());
    try (CollectionState live = palace.open(row)) {
      var donors = new ArrayList<Donor>();
      long held = 0;
      for (CollectionRow other : there) {
        CollectionState state = copy.state(other);
        held = Math.max(held, state.entries().size());
        var donor = Donor.named(state, other.id().equals(row.id()));
        donors.add(donor);
        if (!donor.fits(live) && !state.entries().isEmpty()) {
          findings.add(new CopyFinding.Unfit(in, copy.copy(), state.entries().size()));
        }
      }
      Union.Result union = Union.of(live, donors, request.batchSize());
      if (union.isGain()) {
        findings.add(
            new CopyFinding.Named(
                in, copy.copy(), held, union.brought(), union.newer(), union.vectors()));
      }
    }
  }

  private void segment(Path place) throws IOException {
    for (CollectionRow row : palace.collections()) {
      try (CollectionState state = palace.open(row)) {
        long vectors =
            state.entries().stream().filter(entry -> isIn(place, state, entry.vector())).count();
        if (vectors > 0) {
          findings.add(
              new CopyFinding.Named(
                  new CollectionName(row.id(), row.name()),
                  new Source.Segment(place),
                  vectors,
                  0,
                  0,
                  vectors));
        }
      }
    }
  }

  private static boolean isIn(Path place, CollectionState state, VectorSource vector) {
    return vector instanceof VectorSource.InSibling(int sibling, int slot)
        && state.siblings().get(sibling).index().directory().equals(place);
  }
}
