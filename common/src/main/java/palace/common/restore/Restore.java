package palace.common.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import palace.common.Progress;
import palace.common.files.FileOps;

/// Puts a kept state of a palace back. What it takes the place of becomes a snapshot, so that a
/// restore is undone by another one.
public final class Restore {
  private final Progress progress;
  private final Clock clock;
  private final FileOps ops;

  /// A restore that reports how far it is.
  public Restore(Progress progress) {
    this(progress, Clock.systemUTC(), FileOps.real());
  }

  Restore(Progress progress, Clock clock, FileOps ops) {
    this.progress = progress;
    this.clock = clock;
    this.ops = ops;
  }

  /// {@return what putting a snapshot back would do} Nothing is written.
  ///
  /// @param snapshot the id, as a person typed it
  /// @throws palace.common.PalaceException.Refused when there is no such snapshot
  public RestorePlan plan(Path palace, String snapshot) throws IOException {
    throw new UnsupportedOperationException("restore " + progress + clock + ops);
  }

  /// Puts a snapshot back.
  ///
  /// The order: lock, settle, see that nobody uses the palace, verify the snapshot, exchange, file
  /// what was there. Whatever is thrown, the palace is as it was, except with
  /// [palace.common.PalaceException.PersonNeeded], whose message says where everything is.
  public RestoreReport restore(RestoreRequest request) throws IOException {
    throw new UnsupportedOperationException("restore " + progress + clock + ops);
  }
}
