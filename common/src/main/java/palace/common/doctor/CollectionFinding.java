package palace.common.doctor;

import java.util.Optional;

/// A finding about one collection.
public sealed interface CollectionFinding extends Finding
    permits ConfigurationFinding,
        CopyFinding,
        IndexFinding,
        SegmentFinding,
        SequenceFinding,
        UnappliableRows {

  /// {@return the collection}
  CollectionName in();

  @Override
  default Optional<String> collection() {
    return Optional.of(in().name());
  }
}
