package palace.common.doctor;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import palace.common.chroma.CollectionRow;
import palace.common.sources.Copies;
import palace.common.sources.Donor;
import palace.common.sources.MigrationBuilds;
import palace.common.sources.OpenCopy;
import palace.common.sources.Source;
import palace.common.sources.Union;
import palace.common.store.CollectionState;
import palace.common.store.Palace;

/// Compares the palace, id by id, with what other tools' interrupted repairs left in its database
/// and beside it (F33, F46, F47), and looks for vectors in every copy there is.
final class SourceCheck {
  private static final int BATCH = 500;

  private final Examination examination;
  private final Palace palace;
  private final List<CollectionSummary> summaries;

  SourceCheck(Examination examination, Palace palace, List<CollectionSummary> summaries) {
    this.examination = examination;
    this.palace = palace;
    this.summaries = summaries;
  }

  void run() throws IOException {
    if (examination.segmentsAreMissing()) {
      throw new IOException("a collection lacks a segment, so its drawers cannot be told");
    }
    boolean staged = false;
    for (CollectionRow row : palace.collections()) {
      if (isStaging(row)) {
        staged = true;
        examination.run("staging collection " + row.name(), () -> staging(row));
      }
    }
    var comparison = new CopyComparison(examination, palace, staged);
    for (Source.Copy copy : Copies.of(palace.layout())) {
      examination.run("copy " + copy.place(), false, () -> comparison.compare(copy));
    }
    for (Source.Copy build : MigrationBuilds.of(palace)) {
      examination.run("copy " + build.place(), false, () -> left(build));
    }
    vectors();
  }

  static boolean isStaging(CollectionRow row) {
    return row.name().endsWith(Source.Staging.MARK)
        && row.name().length() > Source.Staging.MARK.length();
  }

  private void staging(CollectionRow row) throws IOException {
    CollectionName in = CollectionName.of(row);
    String name = Source.Staging.originalOf(row.name());
    var source = new Source.Staging(palace.layout().directory(), row.name());
    Optional<CollectionRow> original = OpenCopy.find(palace, row, name);
    try (CollectionState staged = palace.open(row, examination.database())) {
      long held = staged.entries().size();
      if (original.isEmpty()) {
        if (held > 0) {
          examination.found(new CopyFinding.OriginalGone(in, source, name, held));
        }
        return;
      }
      try (CollectionState live = palace.open(original.get(), examination.database())) {
        if (held > 0 && !Donor.staging(staged).fits(live)) {
          examination.found(new CopyFinding.Unfit(CollectionName.of(live.row()), source, held));
          return;
        }
        lacking(live, staged, source);
      }
      examination.found(new CopyFinding.StagingLeft(in, source, name, held));
    }
  }

  private void lacking(CollectionState live, CollectionState staged, Source source)
      throws IOException {
    Union.Result union = Union.of(live, List.of(Donor.staging(staged)), BATCH);
    if (union.isGain()) {
      examination.found(
          new CopyFinding.Interrupted(
              CollectionName.of(live.row()),
              source,
              staged.entries().size(),
              union.brought() + union.newer()));
    }
  }

  private void left(Source.Copy build) throws IOException {
    try (OpenCopy opened = OpenCopy.open(build)) {
      long drawers = OpenCopy.present(opened.palace()).size();
      examination.found(new DirectoryFinding.MigrationLeft(build.place(), drawers));
    }
  }

  private void vectors() throws IOException {
    Set<String> lacking = new HashSet<>();
    for (CollectionSummary summary : summaries) {
      if (summary.vectorsMissing() > 0) {
        lacking.add(summary.id());
      }
    }
    if (lacking.isEmpty()) {
      return;
    }
    for (Source.Copy copy : everyCopy()) {
      examination.run("vectors of " + copy.place(), false, () -> vectors(copy, lacking));
    }
  }

  private List<Source.Copy> everyCopy() throws IOException {
    var all = new ArrayList<>(Copies.of(palace.layout()));
    all.addAll(Copies.snapshotsOf(palace.layout()));
    all.addAll(MigrationBuilds.ofSameModel(palace, examination.database()));
    return all;
  }

  private void vectors(Source.Copy copy, Set<String> lacking) throws IOException {
    try (OpenCopy opened = OpenCopy.open(copy)) {
      for (CollectionRow row : palace.collections()) {
        if (lacking.contains(row.id())) {
          vectors(opened, row);
        }
      }
    }
  }

  private void vectors(OpenCopy copy, CollectionRow row) throws IOException {
    try (CollectionState live = palace.open(row, examination.database())) {
      for (CollectionRow there : copy.rowsFor(row)) {
        Donor donor = Donor.ofVectors(copy.state(there));
        long found = Union.of(live, List.of(donor), BATCH).vectors();
        if (found > 0) {
          examination.found(
              new CopyFinding.VectorsElsewhere(CollectionName.of(row), copy.copy(), found));
        }
      }
    }
  }
}
