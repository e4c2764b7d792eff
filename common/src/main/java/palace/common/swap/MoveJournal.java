package palace.common.swap;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import palace.common.RunId;
import palace.common.files.AtomicFile;
import palace.common.files.BoundedReader;
import palace.common.files.FileOps;
import palace.common.files.Listing;

/// The note of the moves that a run is about to make, `journal-I.json` in the ops folder. It is
/// durable before the first of them and goes when the run has nothing left to finish, so a journal
/// that is found without a living run says that this run was interrupted.
///
/// It is never rewritten to undo, so undoing needs no space.
///
/// @param file where it is
/// @param occasion the run
/// @param purpose what the run is doing
/// @param moves the moves in their order; the last ones may not be done
public record MoveJournal(Path file, Occasion occasion, Purpose purpose, List<Move> moves) {
  private static final int LONGEST_BYTES = 64 << 20;
  private static final Pattern NAME = Pattern.compile("journal-.*\\.json");
  private static final Pattern TEMPORARY = Pattern.compile("\\.journal-.*\\.json\\..*\\.tmp");

  /// Makes the list unmodifiable.
  public MoveJournal {
    moves = List.copyOf(moves);
  }

  /// Which kind of command moves something.
  public enum Operation {
    /// A build takes the place of a palace.
    MIGRATE("migrate"),
    /// A snapshot takes the place of a palace, or of its database and segments.
    RESTORE("restore"),
    /// New segments take their names, replaced ones leave theirs.
    REPAIR("repair");

    private final String word;

    Operation(String word) {
      this.word = word;
    }

    /// {@return the word for it in the journal}
    public String word() {
      return word;
    }

    static Operation of(String word) {
      for (var operation : values()) {
        if (operation.word.equals(word)) {
          return operation;
        }
      }
      throw new IllegalArgumentException("has an unknown operation");
    }
  }

  /// What a run moves things for.
  ///
  /// @param operation the kind of command
  /// @param restored the snapshot that is put back, if one is
  /// @param notes facts that the command needs to settle its own interrupted run, in its own words
  public record Purpose(
      Operation operation, Optional<RunId> restored, SortedMap<String, String> notes) {
    /// Makes the notes unmodifiable.
    public Purpose {
      notes = Collections.unmodifiableSortedMap(new TreeMap<>(notes));
    }

    /// {@return the purpose of a migration}
    public static Purpose migrate() {
      return new Purpose(Operation.MIGRATE, Optional.empty(), new TreeMap<>());
    }

    /// {@return the purpose of putting a snapshot back}
    public static Purpose restore(RunId snapshot) {
      return new Purpose(Operation.RESTORE, Optional.of(snapshot), new TreeMap<>());
    }

    /// {@return the purpose of a repair}
    public static Purpose repair(SortedMap<String, String> notes) {
      return new Purpose(Operation.REPAIR, Optional.empty(), notes);
    }
  }

  /// One journal found in an ops folder.
  public sealed interface Found {
    /// {@return the file}
    Path file();
  }

  /// A journal that can be read.
  public record Pending(MoveJournal journal) implements Found {
    @Override
    public Path file() {
      return journal.file();
    }
  }

  /// A journal that cannot: what it says is never guessed.
  public record Unreadable(Path file, String reason) implements Found {}

  /// Writes the journal of a run durably, replacing an earlier one of the same run. The ops folder
  /// is created when it is missing. After a failure the earlier one stands, or none, or, when only
  /// its name could not be flushed, this one.
  public static MoveJournal write(
      FileOps ops, PalacePaths paths, Occasion occasion, Purpose purpose, List<Move> moves)
      throws IOException {
    Path file = fileOf(paths, occasion.run());
    var journal = new MoveJournal(file, occasion, purpose, moves);
    byte[] content = new JournalJson(paths.palace()).write(journal);
    create(ops, Objects.requireNonNull(paths.ops().getParent()));
    create(ops, paths.ops());
    AtomicFile.write(ops, file, content);
    return journal;
  }

  /// {@return the journals in an ops folder, the oldest run first} Nothing is written.
  public static List<Found> pending(Path ops) throws IOException {
    var found = new ArrayList<Found>();
    if (Files.isDirectory(ops, NOFOLLOW_LINKS)) {
      for (Path file : Listing.of(ops)) {
        if (NAME.matcher(file.getFileName().toString()).matches()) {
          found.add(read(ops, file));
        }
      }
    }
    return found;
  }

  /// {@return what is left of journals that were being written when their run was interrupted,
  /// before its first move; they may be deleted once no run is alive}
  public static List<Path> unfinished(Path ops) throws IOException {
    return Files.isDirectory(ops, NOFOLLOW_LINKS)
        ? Listing.of(ops).stream()
            .filter(file -> TEMPORARY.matcher(file.getFileName().toString()).matches())
            .toList()
        : List.of();
  }

  /// Removes the journal durably: the run has nothing left to finish. Once it is gone this does
  /// nothing.
  public void remove(FileOps ops) throws IOException {
    remove(ops, file);
  }

  static void remove(FileOps ops, Path file) throws IOException {
    if (Files.exists(file, NOFOLLOW_LINKS)) {
      ops.delete(file);
      ops.force(Objects.requireNonNull(file.getParent()));
    }
  }

  /// Removes the journal durably on the real file system.
  public void remove() throws IOException {
    remove(FileOps.real());
  }

  private static void create(FileOps ops, Path folder) throws IOException {
    if (!Files.isDirectory(folder, NOFOLLOW_LINKS)) {
      ops.createDirectory(folder);
    }
  }

  static Path fileOf(PalacePaths paths, RunId run) {
    return paths.ops().resolve(nameOf(run));
  }

  static String nameOf(RunId run) {
    return "journal-" + run + ".json";
  }

  private static Found read(Path ops, Path file) {
    try {
      var content = BoundedReader.readAtMost(file, LONGEST_BYTES);
      return content.isPresent()
          ? new Pending(new JournalJson(PalacePaths.palaceOf(ops)).read(file, content.get()))
          : new Unreadable(file, "is longer than 64 MiB");
    } catch (IllegalArgumentException | DateTimeException e) {
      return new Unreadable(file, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      return new Unreadable(file, "cannot be read: " + e.getMessage());
    }
  }
}
