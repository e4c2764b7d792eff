package palace.repair;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import palace.common.PalaceException;
import palace.common.chroma.SourceDatabase;
import palace.common.files.FileOps;
import palace.common.files.Likeness;
import palace.common.files.Sha256;

/// Puts a copy of the database in the place of the one that is there, with one rename.
final class CopyOver {
  private CopyOver() {}

  static void replace(FileOps ops, Path copy, Path database) throws IOException {
    Path incoming = database.resolveSibling(".chroma.sqlite3.incoming");
    if (Files.exists(incoming)) {
      ops.delete(incoming);
    }
    ops.copyTree(copy, incoming);
    if (!Sha256.of(incoming).equals(Sha256.of(copy))) {
      throw new PalaceException.Failed(
          "%s is not what was copied from %s".formatted(incoming, copy), "check the disk");
    }
    Likeness.carryAccess(database, incoming);
    ops.force(incoming);
    for (String suffix : new String[] {"-journal", "-wal", "-shm"}) {
      Path sidecar = SourceDatabase.sidecar(database, suffix);
      if (Files.exists(sidecar)) {
        ops.delete(sidecar);
      }
    }
    ops.rename(incoming, database);
    ops.force(Objects.requireNonNull(database.getParent()));
  }
}
