package palace.common.doctor;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import palace.common.doctor.IndexFinding.PickleIncomplete.Field;
import palace.common.files.SafePath;
import palace.common.hnsw.IndexCheck;
import palace.common.hnsw.IndexFault;
import palace.common.pickle.IndexMetadata;
import palace.common.pickle.PickleReading;
import palace.common.store.CollectionState;
import palace.common.store.DrawerEntry;
import palace.common.store.PalaceLayout;
import palace.common.store.SegmentVectors;
import palace.common.store.VectorSource;

/// Checks a collection's index: its files, its pickle, and whether it holds the drawers that it
/// should (H1-H16).
///
/// A directory without pickle and elements is the normal state of a young collection (H15).
final class IndexCheckup {
  private final Examination examination;
  private final CollectionState state;
  private final CollectionName in;
  private final Path directory;

  private IndexCheckup(Examination examination, CollectionState state, Path directory) {
    this.examination = examination;
    this.state = state;
    this.directory = directory;
    in = CollectionName.of(state.row());
  }

  static void run(Examination examination, CollectionState state) {
    PalaceLayout layout = examination.layout();
    Optional<Path> directory =
        state
            .segment()
            .map(segment -> segment.index().directory())
            .or(() ->
                state.vectorSegment().flatMap(row -> SafePath.child(layout.directory(), row.id())));
    directory.ifPresent(path -> new IndexCheckup(examination, state, path).run());
  }

  private void run() {
    state.segment().ifPresentOrElse(this::files, this::noDirectory);
    state.segment().ifPresent(segment -> name());
    drawers();
    siblings();
  }

  private void name() {
    String expected = state.vectorSegment().orElseThrow().id().toLowerCase(Locale.ROOT);
    if (Files.notExists(directory.resolveSibling(expected), LinkOption.NOFOLLOW_LINKS)
        && IndexPresence.needs(state)) {
      examination.found(
          new IndexFinding.DirectoryMisnamed(
              in, directory, expected, IndexPresence.dropped(state)));
    }
  }

  private void noDirectory() {
    boolean persisted =
        state.vectorConsumed().stored().isPresent() && state.vectorConsumed().believed() > 0;
    if (persisted && IndexPresence.needs(state)) {
      examination.found(
          new IndexFinding.DirectoryMissing(in, directory, IndexPresence.dropped(state)));
    }
  }

  private void files(SegmentVectors segment) {
    switch (segment.pickle()) {
      case PickleReading.Absent absent -> withoutPickle(segment);
      case PickleReading.Unreadable unreadable -> unreadablePickle(segment, unreadable);
      case PickleReading.Readable(IndexMetadata metadata) -> withPickle(segment, metadata);
    }
  }

  private void withoutPickle(SegmentVectors segment) {
    boolean consumed = state.vectorConsumed().stored().isPresent();
    int elements = segment.index().elementCount();
    boolean matters = consumed ? IndexPresence.needs(state) : !allInQueue() && elements > 0;
    if (matters) {
      examination.found(
          new IndexFinding.PickleMissing(in, directory, elements, IndexPresence.dropped(state)));
      if (elements > 0) {
        faulty(IndexCheck.examine(segment.index(), state.space()));
      }
    }
  }

  private boolean allInQueue() {
    return state.entries().stream()
        .allMatch(entry -> entry.vector() instanceof VectorSource.InQueue);
  }

  private void unreadablePickle(SegmentVectors segment, PickleReading.Unreadable pickle) {
    examination.found(
        pickle.namesForeignClass()
            ? new IndexFinding.PickleHostile(in, directory, pickle.reason())
            : new IndexFinding.PickleUnreadable(
                in, directory, pickle.reason(), pickle.provenLabels().size()));
    faulty(IndexCheck.examine(segment.index(), state.space()));
  }

  private void withPickle(SegmentVectors segment, IndexMetadata metadata) {
    if (!examination.level().hasIntegerSequences()) {
      forZeroX(metadata);
    }
    if (metadata.idToLabel().isEmpty() && metadata.labelToId().isEmpty()) {
      if (!segment.liveLabels().isEmpty() && IndexPresence.needs(state)) {
        examination.found(
            new IndexFinding.PickleEmptyMaps(
                in, directory, segment.liveLabels().size(), IndexPresence.dropped(state)));
      }
      return;
    }
    faulty(IndexCheck.examine(segment.index(), state.space(), metadata));
  }

  /// What releases up to 0.6.3 cannot load although the index itself is whole.
  private void forZeroX(IndexMetadata metadata) {
    if (metadata.shape() == IndexMetadata.Shape.DICT) {
      examination.found(new IndexFinding.PickleOfOneX(in, directory));
      return;
    }
    if (metadata.dimensionality().isEmpty() && !metadata.idToLabel().isEmpty()) {
      incomplete(Field.DIMENSIONALITY);
    }
    boolean positionIsRow =
        examination.level().hasQueueConfiguration() && state.vectorConsumed().stored().isPresent();
    if (metadata.maxSeqId().isEmpty() && !positionIsRow) {
      incomplete(Field.MAX_SEQ_ID);
    }
  }

  private void incomplete(Field field) {
    examination.found(new IndexFinding.PickleIncomplete(in, directory, field));
  }

  private void faulty(List<IndexFault> faults) {
    faults.forEach(fault -> examination.found(new IndexFinding.Faulty(in, directory, fault)));
  }

  private void drawers() {
    lacking(
        state.segment().filter(SegmentVectors::hasLabels).map(found -> found.labels().keySet()));
    if (!state.ghosts().isEmpty()) {
      examination.found(
          new IndexFinding.HasGhosts(
              in, directory, state.ghosts().size(), state.ghosts().getFirst()));
    }
    if (!state.stale().isEmpty()) {
      examination.found(
          new IndexFinding.VectorStale(
              in, directory, state.stale().size(), state.stale().getFirst()));
    }
    List<String> missing = state.missingVectors();
    if (!missing.isEmpty()) {
      examination.found(new IndexFinding.VectorsMissing(in, directory, missing));
    }
  }

  /// What the index does not have and Chroma will not get from the queue either. An index without
  /// labels is said to be so elsewhere; only what has been purged is nowhere that Chroma looks.
  private void lacking(Optional<Set<String>> labels) {
    long consumed = state.vectorConsumed().believed();
    var lacking = new ArrayList<DrawerEntry>();
    for (DrawerEntry entry : state.entries()) {
      boolean expected =
          labels.isPresent()
              ? !labels.get().contains(entry.id())
              : entry.vector() instanceof VectorSource.InFreePages;
      if (expected && !IndexPresence.comesFromQueue(entry, consumed)) {
        lacking.add(entry);
      }
    }
    if (!lacking.isEmpty()) {
      long recoverable =
          lacking.stream()
              .filter(entry -> !(entry.vector() instanceof VectorSource.Missing))
              .count();
      examination.found(
          new IndexFinding.LacksDrawers(
              in, directory, lacking.size(), recoverable, lacking.getFirst().id()));
    }
  }

  private void siblings() {
    String id = state.vectorSegment().orElseThrow().id();
    for (Path path : examination.layout().quarantinedOf(id)) {
      examination.found(new IndexFinding.QuarantinedSibling(in, path, neededOf(path)));
    }
  }

  private long neededOf(Path path) {
    return state.entries().stream()
        .filter(entry ->
            entry.vector() instanceof VectorSource.InSibling(int sibling, int slot)
                && state.siblings().get(sibling).index().directory().equals(path))
        .count();
  }
}
