package palace.migrate;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import palace.common.chroma.ChromaRelease;

/// What a migration is asked to do.
///
/// @param palace the palace to read
/// @param release the Chroma release to write for
/// @param targetDirectory where the new palace goes; empty means that it takes the place of the old
///   one
/// @param dryRun only plan; nothing is written anywhere
/// @param ifNeeded do nothing when the palace is already at the level of the release
/// @param keepBuild leave a build that failed where it is
/// @param batchSize drawers read at a time, at least 1
/// @param patience how long to wait for another run of this tool
/// @param force go on in spite of signs of use that may be stale; proof of use is never overridden
/// @param toolVersion version of this tool, for seal, snapshot and history
public record MigrationRequest(
    Path palace,
    ChromaRelease release,
    Optional<Path> targetDirectory,
    boolean dryRun,
    boolean ifNeeded,
    boolean keepBuild,
    int batchSize,
    Duration patience,
    boolean force,
    String toolVersion) {
  /// Batches have this many drawers unless another number is asked for.
  public static final int USUAL_BATCH = 1000;

  /// Checks the batch size.
  public MigrationRequest {
    if (batchSize < 1) {
      throw new IllegalArgumentException("a batch needs at least one drawer: " + batchSize);
    }
  }

  /// A request that does not go on in spite of signs of use.
  public MigrationRequest(
      Path palace,
      ChromaRelease release,
      Optional<Path> targetDirectory,
      boolean dryRun,
      boolean ifNeeded,
      boolean keepBuild,
      int batchSize,
      Duration patience,
      String toolVersion) {
    this(
        palace,
        release,
        targetDirectory,
        dryRun,
        ifNeeded,
        keepBuild,
        batchSize,
        patience,
        false,
        toolVersion);
  }

  /// {@return a request to bring a palace to a release in place, with everything else as usual}
  public static MigrationRequest of(Path palace, ChromaRelease release, String toolVersion) {
    return new MigrationRequest(
        palace,
        release,
        Optional.empty(),
        false,
        false,
        false,
        USUAL_BATCH,
        Duration.ZERO,
        false,
        toolVersion);
  }

  /// {@return the same with a directory for the new palace}
  public MigrationRequest into(Path directory) {
    return new MigrationRequest(
        palace,
        release,
        Optional.of(directory),
        dryRun,
        ifNeeded,
        keepBuild,
        batchSize,
        patience,
        force,
        toolVersion);
  }
}
