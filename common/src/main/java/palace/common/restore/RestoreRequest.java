package palace.common.restore;

import java.nio.file.Path;
import java.time.Duration;

/// What a restore is asked to do.
///
/// @param palace where the palace is or was
/// @param snapshot the id of the snapshot, as a person typed it
/// @param force go on in spite of signs that somebody uses the palace which prove nothing
/// @param patience how long to wait for whoever holds the palace
/// @param toolVersion version of this tool, for snapshot and history
public record RestoreRequest(
    Path palace, String snapshot, boolean force, Duration patience, String toolVersion) {
  /// {@return a request to put a snapshot back, with everything else as usual}
  public static RestoreRequest of(Path palace, String snapshot, String toolVersion) {
    return new RestoreRequest(palace, snapshot, false, Duration.ZERO, toolVersion);
  }
}
