package palace.migrate;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import palace.common.snapshot.Snapshot;
import palace.common.store.LinkedCompanions;
import palace.common.swap.Seal;

/// What is known once a build is proven.
///
/// @param fingerprint the source as it was when reading began
/// @param plan what was set out to do
/// @param contents what every collection holds, by its label
/// @param collections what each collection became
/// @param lost per collection the ids that lack a vector
/// @param skipped rows of the queue that nobody can apply
/// @param notCarried what the build cannot hold, in words
/// @param companions the companions that source and build share, if they do
record Proven(
    SourceFingerprint fingerprint,
    MigrationPlan plan,
    SortedMap<String, Seal.Contents> contents,
    List<MigrationReport.CollectionResult> collections,
    Map<String, List<String>> lost,
    List<MigrationReport.Skipped> skipped,
    List<String> notCarried,
    Optional<LinkedCompanions> companions) {

  /// {@return what is known of the source, which the build was proven equal to}
  Snapshot.Known source() {
    return new Snapshot.Known(Optional.of(plan.from().releases()), contents);
  }
}
