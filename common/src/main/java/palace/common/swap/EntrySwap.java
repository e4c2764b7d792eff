package palace.common.swap;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import palace.common.files.FileOps;

/// Exchanges entries of a palace one by one, where the palace cannot be exchanged as a whole or
/// only its database and segments are put back.
///
/// The order is: directories in, the database's sidecars out, the database exchanged (or out and
/// in), the other entries, and last the displaced database to the place where it is kept. All of it
/// is one journal: after an interruption it is undone, or finished, as a whole.
public final class EntrySwap {
  private final FileOps ops;

  EntrySwap(FileOps ops) {
    this.ops = ops;
  }

  /// {@return an exchange on the real file system}
  public static EntrySwap onDisk() {
    return new EntrySwap(FileOps.real());
  }

  /// {@return an exchange on a given file system}
  public static EntrySwap on(FileOps ops) {
    return new EntrySwap(ops);
  }

  /// An entry that comes into the palace.
  ///
  /// @param from where it is, on the palace's file system
  /// @param name the name it gets directly in the palace
  public record Incoming(Path from, String name) {}

  /// An entry that leaves the palace.
  ///
  /// @param name its name directly in the palace
  /// @param to where it goes, on the palace's file system, a free name in a directory that exists
  public record Outgoing(String name, Path to) {}

  /// Exchanges the entries and gives the journal, which the caller removes once nothing is left to
  /// finish. A name may both come in and go out. Whatever fails, every entry is back where it was
  /// when this throws, except with [palace.common.PalaceException.PersonNeeded].
  public MoveJournal publish(
      PalacePaths paths,
      Occasion occasion,
      MoveJournal.Purpose purpose,
      List<Incoming> incoming,
      List<Outgoing> outgoing)
      throws IOException {
    var moves = EntryMoves.plan(paths.palace(), incoming, outgoing, Optional.of(ops.mayExchange()));
    var journal = MoveJournal.write(ops, paths, occasion, purpose, moves);
    new MoveSet(ops, moves).perform();
    return journal;
  }
}
