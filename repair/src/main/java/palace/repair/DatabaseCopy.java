package palace.repair;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import palace.common.PalaceException;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.SourceDatabase;
import palace.common.files.FileOps;
import palace.common.files.Sha256;
import palace.common.snapshot.DatabaseSnapshot;
import palace.common.store.PalaceLayout;

/// The copy of the database without which nothing is repaired: page by page through SQLite, so that
/// a journal counts; compared with the original by SQLite's own check; hashed and durable.
final class DatabaseCopy {
  private DatabaseCopy() {}

  /// Fills a snapshot, or discards it.
  ///
  /// @throws PalaceException.Refused when the copy cannot be made, or is not as sound as the
  ///   original
  static void make(Path palace, DatabaseSnapshot snapshot) throws IOException {
    Path file = palace.resolve(PalaceLayout.DATABASE);
    try (SourceDatabase source = SourceDatabase.open(file)) {
      source.database().backUpTo(snapshot.database());
      requireAlike(source.database(), snapshot.database());
      snapshot.seal();
    } catch (IOException | RuntimeException e) {
      discard(snapshot, e);
      throw new PalaceException.Refused(
          "cannot copy %s to %s: %s; nothing was changed"
              .formatted(file, snapshot.database(), e.getMessage()),
          "make room or give access there, then run it again",
          e);
    }
  }

  private static void discard(DatabaseSnapshot snapshot, Exception cause) {
    try {
      snapshot.discard();
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  /// Makes sure that the database, whose write lock is held now, is still the one that was copied
  /// before, by copying it once more.
  ///
  /// @throws PalaceException.Busy when somebody wrote to it meanwhile
  static void requireCurrent(FileOps ops, Path palace, DatabaseSnapshot snapshot)
      throws IOException {
    Path file = palace.resolve(PalaceLayout.DATABASE);
    Path again = snapshot.database().resolveSibling("again.sqlite3");
    try {
      try (SourceDatabase source = SourceDatabase.open(file)) {
        source.database().backUpTo(again);
      }
      if (!Sha256.of(again).equals(Sha256.of(snapshot.database()))) {
        throw new PalaceException.Busy(
            file + " was written to by another process while it was read; nothing was changed",
            "stop that process, then run it again");
      }
    } finally {
      ops.delete(again);
    }
  }

  private static void requireAlike(ChromaDatabase source, Path copy) throws IOException {
    try (ChromaDatabase copied = ChromaDatabase.openReadOnly(copy)) {
      List<String> expected = check(source);
      List<String> found = check(copied);
      if (!found.equals(expected)) {
        throw new IOException("its copy has other faults than the original: " + found.getFirst());
      }
    }
  }

  private static List<String> check(ChromaDatabase database) {
    try {
      return database.list("PRAGMA quick_check", row -> row.text(1));
    } catch (IOException e) {
      return List.of("cannot be checked");
    }
  }
}
