package palace.common.swap;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.PalaceException;
import palace.common.files.FileOps;
import palace.common.files.Identity;

/// Exchanges entries of a palace one by one, where the palace cannot be exchanged as a whole or
/// only its database and segments are put back.
///
/// The order is: directories in, the database's sidecars out, the database exchanged (or out and
/// in), the other entries, and last the displaced database to the place where it is kept. All of it
/// is one journal: after an interruption it is undone, or finished, as a whole.
///
/// | step | the palace is | after a crash here, by the journal |
/// |---|---|---|
/// | journal written | old | nothing done: old |
/// | directories in | old, with segments that no row names | taken out: old |
/// | sidecars out | old, but for rows that only its `-wal` holds | put back: old |
/// | database exchanged | new, but for the entries that follow | all taken back: old; or finished: new |
/// | other entries, displaced database filed | new | nothing left: new |
///
/// Nothing can be told by the names alone here, because the palace's own name never changes; so the
/// journal is flushed before the first step and removed last. Without an exchange there is a moment
/// in which the palace has no database. Every directory that lost or received a name is flushed
/// before a move that touches another one, the sidecars' leaving therefore before the database
/// comes.
public final class EntrySwap {
  private static final Logger LOG = LoggerFactory.getLogger(EntrySwap.class);

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
  /// @param from where it is, on the palace's file system, in the palace, beside it or in its ops
  ///   folder
  /// @param name the name it gets, relative to the palace with `/` between, in a directory that
  ///   exists
  public record Incoming(Path from, String name) {}

  /// An entry that leaves the palace.
  ///
  /// @param name its name, relative to the palace with `/` between
  /// @param to where it goes, likewise: a free name in a directory that exists
  public record Outgoing(String name, Path to) {}

  /// Exchanges the entries and gives the journal, which the caller removes once nothing is left to
  /// finish. A name may both come in and go out. Whatever fails, every entry is back where it was
  /// when this throws, except with [PalaceException.PersonNeeded].
  public MoveJournal publish(
      PalacePaths paths,
      Occasion occasion,
      MoveJournal.Purpose purpose,
      List<Incoming> incoming,
      List<Outgoing> outgoing)
      throws IOException {
    return publish(paths, occasion, purpose, List.of(), incoming, outgoing);
  }

  /// As above, for a run that has made moves already: they stay first in its journal, and go back
  /// with the others.
  public MoveJournal publish(
      PalacePaths paths,
      Occasion occasion,
      MoveJournal.Purpose purpose,
      List<Move> begun,
      List<Incoming> incoming,
      List<Outgoing> outgoing)
      throws IOException {
    check(paths.palace(), incoming, outgoing);
    var moves = new JournaledMoves(ops, paths, occasion, purpose);
    if (ops.mayExchange()) {
      try {
        return moves.perform(behind(begun, paths, incoming, outgoing, true));
      } catch (ExchangeUnsupportedException e) {
        LOG.info("swap.no-exchange dir={}", LogValue.of(paths.palace()));
      }
    }
    return moves.perform(behind(begun, paths, incoming, outgoing, false));
  }

  private static List<Move> behind(
      List<Move> begun,
      PalacePaths paths,
      List<Incoming> incoming,
      List<Outgoing> outgoing,
      boolean exchange)
      throws IOException {
    var moves = new ArrayList<>(begun);
    moves.addAll(EntryMoves.plan(paths.palace(), incoming, outgoing, exchange));
    return moves;
  }

  private static void check(Path palace, List<Incoming> incoming, List<Outgoing> outgoing)
      throws IOException {
    var leaving = new HashSet<Path>();
    for (Outgoing entry : outgoing) {
      Path from = EntryMoves.inPalace(palace, entry.name());
      leaving.add(from);
      require(Identity.of(from).isPresent(), from, "is gone");
      require(Identity.of(entry.to()).isEmpty(), entry.to(), "exists already");
    }
    for (Incoming entry : incoming) {
      Path to = EntryMoves.inPalace(palace, entry.name());
      require(Identity.of(entry.from()).isPresent(), entry.from(), "is gone");
      require(leaving.contains(to) || MoveSet.isVacant(to), to, "exists already");
    }
  }

  private static void require(boolean met, Path path, String found) throws PalaceException {
    if (!met) {
      throw new PalaceException.Refused(
          "%s %s; nothing was changed".formatted(path, found), "run it again");
    }
  }
}
