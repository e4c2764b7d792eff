package palace.common.snapshot;

import java.time.Instant;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import palace.common.RunId;
import palace.common.files.FileDigest;
import palace.common.swap.Seal;

/// A kept state of a palace, as its `snapshot.json` describes it.
///
/// @param id the run that made it
/// @param scope what it holds
/// @param command the command that made it
/// @param created when
/// @param toolVersion the version of this tool that made it
/// @param files every file in it, by its name relative to the snapshot's folder with `/` between
/// @param bytes the sizes of these files added up
/// @param restored the snapshot that this run put in place of what is kept here; empty for every
///   other run
/// @param known what is known of the kept palace without reading it
/// @param segments for a snapshot of the database alone, the mark of every segment directory that
///   the palace had then, by its name; see [SegmentMarks]
public record Snapshot(
    RunId id,
    Scope scope,
    String command,
    Instant created,
    String toolVersion,
    SortedMap<String, FileDigest> files,
    long bytes,
    Optional<RunId> restored,
    Known known,
    SortedMap<String, String> segments) {
  /// Makes the lists unmodifiable.
  public Snapshot {
    files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
    segments = Collections.unmodifiableSortedMap(new TreeMap<>(segments));
  }

  /// What is known of a kept palace without reading it.
  ///
  /// @param release the Chroma releases whose schema it has
  /// @param collections how many drawers each collection holds and their content digest, by the
  ///   collection's label
  public record Known(Optional<String> release, SortedMap<String, Seal.Contents> collections) {
    /// Nothing is known.
    public static final Known NOTHING = new Known(Optional.empty(), new TreeMap<>());

    /// Makes the collections unmodifiable.
    public Known {
      collections = Collections.unmodifiableSortedMap(new TreeMap<>(collections));
    }

    /// {@return how many drawers all collections hold; empty when it is not known}
    public Optional<Long> drawers() {
      return collections.isEmpty()
          ? Optional.empty()
          : Optional.of(collections.values().stream().mapToLong(Seal.Contents::drawers).sum());
    }
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
