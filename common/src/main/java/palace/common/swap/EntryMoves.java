package palace.common.swap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import palace.common.files.SafePath;

/// The order in which entries of a palace are exchanged.
///
/// The database decides which palace it is, so everything that only the new one uses stands before
/// it comes, and the old one's sidecars are gone before it, because a `-wal` beside another
/// database would be replayed into it.
final class EntryMoves {
  private static final String DATABASE = "chroma.sqlite3";
  private static final Set<String> SIDECARS =
      Set.of(DATABASE + "-wal", DATABASE + "-shm", DATABASE + "-journal");

  private final Path palace;
  private final boolean exchange;
  private final Map<String, Path> in = new LinkedHashMap<>();
  private final Map<String, Path> out = new LinkedHashMap<>();
  private final List<Move> moves = new ArrayList<>();

  private EntryMoves(Path palace, boolean exchange) {
    this.palace = palace;
    this.exchange = exchange;
  }

  /// {@return the moves in their order}
  static List<Move> plan(
      Path palace,
      List<EntrySwap.Incoming> incoming,
      List<EntrySwap.Outgoing> outgoing,
      boolean exchange)
      throws IOException {
    var plan = new EntryMoves(palace, exchange);
    incoming.forEach(entry -> plan.in.put(entry.name(), entry.from()));
    outgoing.forEach(entry -> plan.out.put(entry.name(), entry.to()));
    plan.directoriesIn();
    plan.sidecarsOut();
    plan.database();
    plan.others();
    return plan.moves;
  }

  private void directoriesIn() throws IOException {
    for (String name : List.copyOf(in.keySet())) {
      Path from = at(in, name);
      if (Files.isDirectory(from, LinkOption.NOFOLLOW_LINKS) && !out.containsKey(name)) {
        rename(from, inPalace(name));
        in.remove(name);
      }
    }
  }

  private void sidecarsOut() throws IOException {
    for (String name : List.copyOf(out.keySet())) {
      if (SIDECARS.contains(name)) {
        rename(inPalace(name), at(out, name));
        out.remove(name);
      }
    }
  }

  private void database() throws IOException {
    Path from = in.get(DATABASE);
    Path to = out.get(DATABASE);
    if (from != null && to != null && exchange) {
      Path live = inPalace(DATABASE);
      TreeMark old = TreeMark.of(live);
      moves.add(new Move.Exchange(live, from, old, TreeMark.of(from)));
      in.remove(DATABASE);
      out.remove(DATABASE);
      others();
      moves.add(new Move.Rename(from, to, old));
    } else if (from != null || to != null) {
      replace(DATABASE);
    }
  }

  private void others() throws IOException {
    for (String name : List.copyOf(out.keySet())) {
      replace(name);
    }
    for (String name : List.copyOf(in.keySet())) {
      replace(name);
    }
  }

  private void replace(String name) throws IOException {
    Path to = out.remove(name);
    if (to != null) {
      rename(inPalace(name), to);
    }
    Path from = in.remove(name);
    if (from != null) {
      rename(from, inPalace(name));
    }
  }

  private void rename(Path from, Path to) throws IOException {
    moves.add(new Move.Rename(from, to, TreeMark.of(from)));
  }

  private Path inPalace(String name) {
    return inPalace(palace, name);
  }

  /// {@return the path of an entry by its name relative to the palace}
  static Path inPalace(Path palace, String name) {
    Path path = palace;
    for (String part : name.split("/", -1)) {
      path =
          SafePath.child(path, part)
              .orElseThrow(() -> new IllegalArgumentException("not a name in a palace: " + name));
    }
    return path;
  }

  private static Path at(Map<String, Path> entries, String name) {
    return Optional.ofNullable(entries.get(name)).orElseThrow();
  }
}
