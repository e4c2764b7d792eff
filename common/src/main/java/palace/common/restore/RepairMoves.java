package palace.common.restore;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.files.FileOps;
import palace.common.files.Listing;
import palace.common.store.NeedsEmbedding;
import palace.common.swap.LogValue;
import palace.common.swap.Move;
import palace.common.swap.MoveSet;
import palace.common.swap.PalacePaths;
import palace.common.swap.TreeMark;

/// What a repair does to the names in a palace, outside its transaction: fresh segment directories
/// take their names before it ends, replaced ones go into the snapshot after it. The run itself
/// and, after an interruption, the next one finish it or take it back with the same steps, each of
/// which may be repeated.
///
/// ```
/// D/N/.palace/repair-I/UUID                    a fresh segment, not placed yet
/// D/N/.palace/repair-I/needs-embedding.jsonl   the text of drawers that leave, not in place yet
/// D/N/.palace/repair-I/kept/                   what goes into a snapshot that is not there yet
/// D/N/UUID                                     a placed segment; a segment to be retired
/// D/N.ops/snapshots/I/segments/UUID            a retired segment
/// D/N.ops/snapshots/I/needs-embedding.jsonl    the list of such drawers as it was, when it changes
/// ```
public final class RepairMoves {
  private static final Logger LOG = LoggerFactory.getLogger(RepairMoves.class);

  /// The name, in a snapshot, of the list of drawers without a vector as it was before.
  public static final String KEPT_LIST = "needs-embedding.jsonl";

  private static final String SEGMENTS = "segments";
  private static final String KEPT = "kept";

  private final FileOps ops;
  private final PalacePaths paths;
  private final Path dotFolder;
  private final Path workFolder;

  /// The moves of one run.
  public RepairMoves(FileOps ops, PalacePaths paths) {
    this.ops = ops;
    this.paths = paths;
    dotFolder = paths.palace().resolve(".palace");
    workFolder = dotFolder.resolve("repair-" + paths.run());
  }

  /// {@return where the run writes what it will place}
  public Path workFolder() {
    return workFolder;
  }

  /// Creates the folder in which the run writes, unless it is there.
  public void createWorkFolder() throws IOException {
    for (Path folder : List.of(dotFolder, workFolder)) {
      if (!Files.isDirectory(folder, NOFOLLOW_LINKS)) {
        ops.createDirectory(folder);
      }
    }
  }

  /// {@return where what goes into the snapshot lies until that is there}
  public Path keptFolder() {
    return workFolder.resolve(KEPT);
  }

  /// Creates the working folder and that of what is kept.
  public void createKeptFolder() throws IOException {
    createWorkFolder();
    if (!Files.isDirectory(keptFolder(), NOFOLLOW_LINKS)) {
      ops.createDirectory(keptFolder());
    }
  }

  /// Moves what was kept into the snapshot, which is there; may be repeated.
  public void keep() throws IOException {
    if (Files.isDirectory(keptFolder(), NOFOLLOW_LINKS)) {
      for (Path file : Listing.of(keptFolder())) {
        Path place = paths.snapshot().resolve(file.getFileName());
        ops.delete(place);
        ops.copyTree(file, place);
        ops.force(place);
      }
      ops.force(paths.snapshot());
    }
  }

  /// {@return the move that gives a fresh segment of the working folder its name}
  public Move placing(Path built) throws IOException {
    return new Move.Rename(built, paths.palace().resolve(built.getFileName()), TreeMark.of(built));
  }

  /// {@return the move of a replaced segment directory, which stands directly in the palace, into
  /// the snapshot}
  public Move retiring(Path segment) throws IOException {
    if (!paths.palace().equals(segment.getParent())) {
      throw new IllegalArgumentException("not directly in the palace: " + segment);
    }
    Path kept = paths.snapshot().resolve(SEGMENTS).resolve(segment.getFileName());
    return new Move.Rename(segment, kept, TreeMark.of(segment));
  }

  /// Gives the fresh segments their names.
  public void place(List<Move> moves) throws IOException {
    new MoveSet(ops, placing(moves)).perform();
  }

  /// Puts the text of the drawers that left where it belongs, and moves the replaced segments into
  /// the snapshot; the transaction is over. A directory that its file system cannot move stays in
  /// the palace, where nothing refers to it.
  public void finish(List<Move> moves) throws IOException {
    for (Move move : retiring(moves)) {
      retire(move);
    }
    keepText();
  }

  /// Moves these segment directories into the snapshot, unless they are there already.
  public void retire(List<Path> segments) throws IOException {
    for (Path segment : segments) {
      if (Files.isDirectory(segment, NOFOLLOW_LINKS)) {
        retire(retiring(segment));
      }
    }
  }

  /// Puts the text of the drawers that left where it belongs.
  public void keepText() throws IOException {
    Path text = workFolder.resolve(fileName(NeedsEmbedding.NAME));
    Path place = paths.palace().resolve(NeedsEmbedding.NAME);
    if (Files.exists(text, NOFOLLOW_LINKS)) {
      ops.rename(text, place);
      ops.force(dotFolder);
    }
    if (Files.exists(place, NOFOLLOW_LINKS) && Files.size(place) == 0) {
      ops.delete(place);
      ops.force(dotFolder);
    }
  }

  private void retire(Move move) throws IOException {
    Path folder = paths.snapshot().resolve(SEGMENTS);
    if (!Files.isDirectory(folder, NOFOLLOW_LINKS)) {
      ops.createDirectory(folder);
    }
    try {
      new MoveSet(ops, List.of(move)).perform();
    } catch (AtomicMoveNotSupportedException e) {
      // A directory of a lower layer of an overlay cannot be renamed at all.
      LOG.warn("segment.not-retired path={} cause={}", LogValue.of(e.getFile()), LogValue.of(e));
    }
  }

  /// Brings the replaced segments back.
  public void bringBack(List<Move> moves) throws IOException {
    var gone = new ArrayList<Move>();
    for (Move move : retiring(moves)) {
      // The folder for the first of them may never have been made.
      if (Files.isDirectory(paths.snapshot().resolve(SEGMENTS), NOFOLLOW_LINKS)
          || !Files.exists(move.names().getFirst(), NOFOLLOW_LINKS)) {
        gone.add(move);
      }
    }
    new MoveSet(ops, gone).undo();
  }

  /// Takes the fresh segments out of the palace again, to which nothing refers.
  public void takeOut(List<Move> moves) throws IOException {
    var there = new ArrayList<Move>();
    for (Move move : placing(moves)) {
      // Both names are free once an undo that was interrupted had deleted the working folder.
      if (move.names().stream().anyMatch(name -> Files.exists(name, NOFOLLOW_LINKS))) {
        there.add(move);
      }
    }
    new MoveSet(ops, there).undo();
  }

  /// Removes the working folder with all that is in it, and the folder around it when nothing else
  /// is left there.
  public void removeWorkFolder() throws IOException {
    if (Files.isDirectory(workFolder, NOFOLLOW_LINKS)) {
      ops.delete(workFolder);
    }
    if (Files.isDirectory(dotFolder, NOFOLLOW_LINKS) && Listing.of(dotFolder).isEmpty()) {
      ops.delete(dotFolder);
    }
  }

  private List<Move> placing(List<Move> moves) {
    return moves.stream().filter(move -> isIn(paths.palace(), move.names().getLast())).toList();
  }

  private List<Move> retiring(List<Move> moves) {
    return moves.stream().filter(move -> isIn(paths.palace(), move.names().getFirst())).toList();
  }

  private static boolean isIn(Path directory, Path name) {
    return directory.equals(name.getParent());
  }

  private static String fileName(String name) {
    return Objects.requireNonNull(Path.of(name).getFileName()).toString();
  }
}
