package palace.repair;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// What a repair is asked to do.
///
/// @param palace the palace's directory
/// @param collection the only collection whose index may be rebuilt by `rebuildIndex`; all when
///   absent
/// @param rebuildIndex whether indexes are written anew even where nothing is wrong with them
/// @param dryRun whether only the plan is made
/// @param batchSize how many drawers are read at a time
/// @param patience how long to wait for another `palace` command
/// @param toolVersion the version of this tool, for the snapshot
/// @param force whether to go on in spite of signs of use that may be stale
public record RepairRequest(
    Path palace,
    Optional<String> collection,
    boolean rebuildIndex,
    boolean dryRun,
    int batchSize,
    Duration patience,
    String toolVersion,
    boolean force) {
  /// Drawers that are read at a time unless somebody says otherwise.
  public static final int BATCH_SIZE = 500;

  /// {@return a request to cure whatever is wrong}
  public static RepairRequest of(Path palace, String toolVersion) {
    return new RepairRequest(
        palace, Optional.empty(), false, false, BATCH_SIZE, Duration.ZERO, toolVersion, false);
  }

  /// {@return the same request, for the plan alone}
  public RepairRequest planned() {
    return new RepairRequest(
        palace, collection, rebuildIndex, true, batchSize, patience, toolVersion, force);
  }

  RepairRequest withoutForcedRebuild() {
    return new RepairRequest(
        palace, collection, false, dryRun, batchSize, patience, toolVersion, force);
  }
}
