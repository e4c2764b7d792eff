package palace.migrate;

import java.io.IOException;
import palace.common.PalaceException;
import palace.common.Progress;

/// Migrates palaces: plans, builds beside, proves, exchanges.
public final class PalaceMigrator {
  private final Progress progress;

  /// A migrator that reports how far it is.
  public PalaceMigrator(Progress progress) {
    this.progress = progress;
  }

  /// {@return what a migration would do} Nothing is written.
  ///
  /// @throws PalaceException when the palace cannot be read, or holds what the release cannot hold
  public MigrationPlan plan(MigrationRequest request) throws IOException {
    throw new PalaceException.Failed("not built in: " + progress + request, "");
  }

  /// Does what is asked.
  ///
  /// Whatever is thrown, the palace is as it was, except with [PalaceException.PersonNeeded], whose
  /// message says where everything is.
  public MigrationReport migrate(MigrationRequest request) throws IOException {
    throw new PalaceException.Failed("not built in: " + plan(request), "");
  }
}
