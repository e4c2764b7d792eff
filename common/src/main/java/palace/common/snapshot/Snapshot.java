package palace.common.snapshot;

import java.time.Instant;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import palace.common.RunId;
import palace.common.files.FileDigest;

/// A kept state of a palace, as its `snapshot.json` describes it.
///
/// @param id the run that made it
/// @param scope what it holds
/// @param command the command that made it
/// @param created when
/// @param toolVersion the version of this tool that made it
/// @param files every file in it, by its name relative to the snapshot's folder with `/` between
/// @param bytes the sizes of these files added up
public record Snapshot(
    RunId id,
    Scope scope,
    String command,
    Instant created,
    String toolVersion,
    SortedMap<String, FileDigest> files,
    long bytes) {
  /// Makes the list of files unmodifiable.
  public Snapshot {
    files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
  }

  /// What a snapshot holds.
  public enum Scope {
    /// A displaced palace, whole, in `palace/`.
    ASIDE("aside"),
    /// The SQLite database in `chroma.sqlite3` and the segments that a repair retired in
    /// `segments/`.
    DATABASE("db"),
    /// A copy of the whole palace, made on request, in `palace/`.
    FULL("full");

    private final String word;

    Scope(String word) {
      this.word = word;
    }

    /// {@return the word for it in files and at the prompt}
    public String word() {
      return word;
    }
  }
}
