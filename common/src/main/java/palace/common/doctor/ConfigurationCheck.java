package palace.common.doctor;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import palace.common.chroma.CollectionSettings;
import palace.common.chroma.MetadataValue;
import palace.common.chroma.SchemaLevel;
import palace.common.chroma.SegmentRow;
import palace.common.chroma.StatedConfiguration;
import palace.common.hnsw.Space;
import palace.common.store.CollectionState;
import palace.common.store.QueueEntry;
import palace.common.store.SpaceProof;

/// Checks what Chroma makes of a collection's configuration against what its vectors prove (S5,
/// S6).
final class ConfigurationCheck {
  private static final String SPACE = "hnsw:space";
  private static final List<String> WHOLE =
      List.of("hnsw:construction_ef", "hnsw:search_ef", "hnsw:M", "hnsw:num_threads");
  private static final List<String> AT_LEAST_TWO =
      List.of("hnsw:batch_size", "hnsw:sync_threshold");
  private static final String RESIZE_FACTOR = "hnsw:resize_factor";

  private final Examination examination;
  private final CollectionState state;
  private final CollectionName in;
  private final SchemaLevel level;
  private final CollectionSettings settings;

  ConfigurationCheck(Examination examination, CollectionState state) {
    this.examination = examination;
    this.state = state;
    in = CollectionName.of(state.row());
    level = examination.level();
    settings = CollectionSettings.of(level, state.row(), state.vectorSegment());
  }

  void run() {
    texts();
    state.vectorSegment().map(SegmentRow::metadata).ifPresent(this::segmentMetadata);
    space();
    dimension();
  }

  private void texts() {
    if (level.hasSchema() && settings.schema() instanceof StatedConfiguration.Broken broken) {
      examination.found(new ConfigurationFinding.SchemaBroken(in, broken.reason()));
    }
    if (level.hasConfiguration()
        && settings.configuration() instanceof StatedConfiguration.Broken broken) {
      examination.found(new ConfigurationFinding.ConfigurationBroken(in, broken.reason()));
    }
  }

  private void segmentMetadata(Map<String, MetadataValue> metadata) {
    metadata.forEach((key, value) -> {
      if (key.startsWith("hnsw:")) {
        problemOf(key, value)
            .ifPresent(reason ->
                examination.found(
                    new ConfigurationFinding.SegmentMetadataUnusable(in, key, reason)));
      }
    });
  }

  private static Optional<String> problemOf(String key, MetadataValue value) {
    if (key.equals(SPACE)) {
      boolean known =
          value instanceof MetadataValue.Text(String name) && Space.parse(name).isPresent();
      return known ? Optional.empty() : Optional.of("it is not l2, cosine or ip");
    }
    if (key.equals(RESIZE_FACTOR)) {
      boolean number = value instanceof MetadataValue.Real || value instanceof MetadataValue.Whole;
      return number ? Optional.empty() : Optional.of("it is not a number");
    }
    if (AT_LEAST_TWO.contains(key)) {
      boolean enough = value instanceof MetadataValue.Whole(long number) && number >= 2;
      return enough ? Optional.empty() : Optional.of("it is not an integer from 2");
    }
    if (WHOLE.contains(key)) {
      return value instanceof MetadataValue.Whole
          ? Optional.empty()
          : Optional.of("it is not an integer");
    }
    return Optional.of("Chroma does not know it");
  }

  /// Chroma uses no space at all where a text or the segment's row is broken.
  private void space() {
    if (settings.schema() instanceof StatedConfiguration.Broken
        || settings.configuration() instanceof StatedConfiguration.Broken
        || examination.lacksSegment(in, SegmentRow.VECTOR)) {
      return;
    }
    Space effective = settings.effective().space();
    switch (state.proof()) {
      case SpaceProof.Normalised normalised -> {
        if (effective != Space.COSINE) {
          contradicted(effective, Space.COSINE, true);
        }
      }
      case SpaceProof.AsGiven given -> {
        if (effective == Space.COSINE) {
          contradicted(effective, state.space(), true);
        }
      }
      case SpaceProof.Inconclusive nothing ->
          statedByCollection()
              .filter(space -> space != effective)
              .ifPresent(space -> contradicted(effective, space, false));
    }
  }

  private void contradicted(Space effective, Space believed, boolean proven) {
    examination.found(new ConfigurationFinding.SpaceContradicted(in, effective, believed, proven));
  }

  private Optional<Space> statedByCollection() {
    return state.row().metadata().get(SPACE) instanceof MetadataValue.Text(String name)
        ? Space.parse(name)
        : Optional.empty();
  }

  private void dimension() {
    int believed = state.dimension();
    boolean hasVectors =
        !state.entries().isEmpty()
            || state.queueEntries().stream().anyMatch(QueueEntry::hasAnyVector);
    if (believed <= 0 || !hasVectors) {
      return;
    }
    if (state.row().dimension().isEmpty()) {
      examination.found(new ConfigurationFinding.DimensionNull(in, believed));
    } else if (state.row().dimension().get() != believed) {
      examination.found(
          new ConfigurationFinding.DimensionWrong(in, state.row().dimension().get(), believed));
    }
  }
}
