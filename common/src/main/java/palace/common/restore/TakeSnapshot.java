package palace.common.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import palace.common.files.FileOps;
import palace.common.snapshot.Snapshot;

/// Makes a snapshot on request, with the palace where it is.
public final class TakeSnapshot {
  private final Clock clock;
  private final FileOps ops;

  /// One that works on the real file system.
  public TakeSnapshot() {
    this(Clock.systemUTC(), FileOps.real());
  }

  TakeSnapshot(Clock clock, FileOps ops) {
    this.clock = clock;
    this.ops = ops;
  }

  /// What is asked for.
  ///
  /// @param palace the palace
  /// @param scope [Snapshot.Scope#FULL] or [Snapshot.Scope#DATABASE]
  /// @param patience how long to wait for whoever holds the palace
  /// @param toolVersion version of this tool, for snapshot and history
  public record Request(
      Path palace, Snapshot.Scope scope, Duration patience, String toolVersion) {
    /// Checks that such a snapshot is made on request.
    public Request {
      if (scope == Snapshot.Scope.ASIDE) {
        throw new IllegalArgumentException("an aside is made by a swap only");
      }
    }
  }

  /// Takes the lock, settles what an interrupted run left, holds writers off and copies. Readers
  /// may have the palace open meanwhile.
  ///
  /// @throws palace.common.PalaceException.Refused when there is not enough room
  public Snapshot take(Request request) throws IOException {
    throw new UnsupportedOperationException(request.toString() + clock + ops);
  }
}
