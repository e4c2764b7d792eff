package palace.common.files;

import java.io.IOException;
import java.nio.file.Path;

/// The seam between protocols and the file system: every step by which a protocol such as the swap
/// changes something on disk. Tests put an instance in between that fails at a chosen step.
///
/// No step retries, and no step undoes anything by itself.
public interface FileOps {
  /// {@return the file system itself}
  static FileOps real() {
    return new DiskOps();
  }

  /// Creates a directory that only its owner may enter; fails when the name is taken.
  void createDirectory(Path directory) throws IOException;

  /// Gives an entry another name on the same file system by one `rename(2)`; a failure to cross
  /// devices is an [java.nio.file.AtomicMoveNotSupportedException]. A file or an **empty
  /// directory** at the new name is replaced, so the caller has to look first. Not durable before
  /// [#force] of the parents.
  void rename(Path from, Path to) throws IOException;

  /// Lets two entries of one file system, each a file or a directory, change places in one step:
  /// whoever looks finds both as they were or both exchanged. Gives false, with nothing changed,
  /// where the system or the file system has no such step, or where [#mayExchange] says no. A
  /// failure to cross devices is an [java.nio.file.AtomicMoveNotSupportedException]. Not durable
  /// before [#force] of the parents.
  boolean exchange(Path left, Path right) throws IOException;

  /// {@return whether trying [#exchange] makes sense; not a promise that it works}
  default boolean mayExchange() {
    return true;
  }

  /// Gives an existing regular file a second name on the same file system; fails when the name is
  /// taken. Not durable before [#force] of the parent.
  void link(Path existing, Path name) throws IOException;

  /// Makes the content of a file, or the names in a directory, durable.
  void force(Path entry) throws IOException;

  /// Creates a file readable by its owner only, writes the content and makes it durable; fails when
  /// the name is taken.
  void writeNew(Path file, byte[] content) throws IOException;

  /// Copies a file, link or directory as [TreeCopy] does and returns the bytes copied.
  long copyTree(Path source, Path target) throws IOException;

  /// Deletes a file, link or directory as [TreeDelete] does.
  void delete(Path entry) throws IOException;
}
