package palace.common.restore;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import palace.common.RunId;

/// What interrupted runs left beside or in a palace, as it was seen without writing anything.
///
/// @param palace the palace, its real path
/// @param missing whether nothing stands at the palace's path although something that belongs there
///   stands beside it
/// @param runs the interrupted runs, oldest first; none while a run of this tool holds the palace
/// @param leftovers what only costs room: builds, copies and work folders of dead runs
public record Pending(Path palace, boolean missing, List<Run> runs, List<Path> leftovers) {
  /// Keeps copies of the lists.
  public Pending {
    runs = List.copyOf(runs);
    leftovers = List.copyOf(leftovers);
  }

  /// One run that did not end.
  ///
  /// @param id its id
  /// @param operation `migrate`, `repair` or `restore`; empty when its journal is lost or cannot be
  ///   read
  /// @param journal the file that says what it was doing; empty when it is lost
  /// @param sentence what is left of it, in words
  public record Run(
      RunId id, Optional<String> operation, Optional<Path> journal, String sentence) {}

  /// {@return whether no run was interrupted, so that there is nothing to recover}
  public boolean nothing() {
    return !missing && runs.isEmpty() && leftovers.isEmpty();
  }
}
