package palace.repair;

import java.util.Optional;
import palace.common.doctor.CollectionName;

/// A treatment of one collection.
public sealed interface CollectionTreatment extends Treatment
    permits FillVectors,
        ReattachDrawers,
        RebuildIndex,
        RenameCollection,
        RestoreSegments,
        RetireStaging,
        SetDimension,
        StateConfiguration,
        StateThreshold {
  /// {@return the collection}
  CollectionName in();

  @Override
  default Optional<String> collection() {
    return Optional.of(in().name());
  }
}
