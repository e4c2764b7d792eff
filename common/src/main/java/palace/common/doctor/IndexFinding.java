package palace.common.doctor;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import palace.common.hnsw.IndexFault;

/// A finding about a collection's index: its directory, its pickle, its elements, and how its ids
/// agree with the drawers (H1-H16).
public sealed interface IndexFinding extends CollectionFinding {
  /// {@return the segment directory, whether or not it exists}
  Path directory();

  @Override
  default Optional<Path> where() {
    return Optional.of(directory());
  }

  /// The directory does not exist although the index was persisted (H1).
  ///
  /// @param dropped drawers whose vector Chroma 1.x drops, if it opens the palace and writes to it
  record DirectoryMissing(CollectionName in, Path directory, long dropped) implements IndexFinding {
    @Override
    public Nature nature() {
      return Nature.damage("index-directory-missing", Threat.SILENT_LOSS);
    }

    @Override
    public String sentence() {
      return "the index directory %s of collection %s is missing"
          .formatted(directory.getFileName(), in);
    }
  }

  /// The directory is written in capitals where the file system tells them apart: Chroma looks for
  /// it in lower case, and does not find it (H1).
  ///
  /// @param directory the directory that is there
  /// @param expected the name that Chroma looks for
  /// @param dropped drawers whose vector Chroma 1.x drops, if it opens the palace and writes to it
  record DirectoryMisnamed(CollectionName in, Path directory, String expected, long dropped)
      implements IndexFinding {
    @Override
    public Nature nature() {
      return Nature.damage("index-directory-misnamed", Threat.SILENT_LOSS);
    }

    @Override
    public String sentence() {
      return "the index directory of collection %s is %s, where Chroma looks for %s"
          .formatted(in, directory.getFileName(), expected);
    }
  }

  /// The pickle is a dict, as Chroma 1.x writes it, in a palace of a Chroma 0.x, which cannot load
  /// it (H13).
  record PickleOfOneX(CollectionName in, Path directory) implements IndexFinding {
    @Override
    public Nature nature() {
      return Nature.fatal("index-pickle-shape", Threat.FAILURE);
    }

    @Override
    public String sentence() {
      return ("index_metadata.pickle of collection %s is a dict, which the Chroma 0.x of this palace "
              + "cannot load")
          .formatted(in);
    }
  }

  /// The pickle lacks a field in a palace of a Chroma 0.x, which cannot load it without (H13, S11).
  ///
  /// @param field what it lacks
  record PickleIncomplete(CollectionName in, Path directory, Field field) implements IndexFinding {
    /// A field that releases up to 0.6.3 cannot do without.
    public enum Field {
      /// They cannot load elements without it.
      DIMENSIONALITY("dimensionality"),
      /// The position of the index, where no row of `max_seq_id` tells it; the only place where
      /// releases up to 0.5.5 look for it.
      MAX_SEQ_ID("max_seq_id");

      private final String name;

      Field(String name) {
        this.name = name;
      }
    }

    @Override
    public Nature nature() {
      return Nature.fatal("index-pickle-incomplete", Threat.FAILURE);
    }

    @Override
    public String sentence() {
      return ("index_metadata.pickle of collection %s has no %s, without which the Chroma 0.x of "
              + "this palace cannot load it")
          .formatted(in, field.name);
    }
  }

  /// There is no pickle although there are elements, or the index was persisted: Chroma 1.x
  /// overwrites the elements when it opens the palace (H14).
  ///
  /// @param elements how many elements lie there
  /// @param dropped drawers whose vector Chroma 1.x drops, if it opens the palace and writes to it
  record PickleMissing(CollectionName in, Path directory, long elements, long dropped)
      implements IndexFinding {
    @Override
    public Nature nature() {
      return Nature.damage("index-pickle-missing", Threat.SILENT_LOSS);
    }

    @Override
    public String sentence() {
      return "the index of collection %s has no index_metadata.pickle for its %d elements"
          .formatted(in, elements);
    }
  }

  /// The pickle cannot be read.
  ///
  /// @param reason what was met and where
  /// @param provenLabels ids whose label is known in spite of that
  record PickleUnreadable(CollectionName in, Path directory, String reason, int provenLabels)
      implements IndexFinding {
    @Override
    public Nature nature() {
      return Nature.fatal("index-pickle-unreadable", Threat.FAILURE);
    }

    @Override
    public String sentence() {
      return "index_metadata.pickle of collection %s cannot be read: %s; %d labels are known"
          .formatted(in, reason, provenLabels);
    }
  }

  /// The pickle asks for code to be run when it is loaded.
  record PickleHostile(CollectionName in, Path directory, String reason) implements IndexFinding {
    @Override
    public Nature nature() {
      return Nature.fatal("index-pickle-hostile", Threat.FAILURE);
    }

    @Override
    public String sentence() {
      return "index_metadata.pickle of collection %s would run code when loaded: %s"
          .formatted(in, reason);
    }
  }

  /// The pickle maps no id although there are elements: Chroma 1.x takes the index for new.
  ///
  /// @param elements how many elements lie there
  /// @param dropped drawers whose vector Chroma 1.x drops, if it opens the palace and writes to it
  record PickleEmptyMaps(CollectionName in, Path directory, long elements, long dropped)
      implements IndexFinding {
    @Override
    public Nature nature() {
      return Nature.damage("index-pickle-empty-maps", Threat.SILENT_LOSS);
    }

    @Override
    public String sentence() {
      return "index_metadata.pickle of collection %s names no id for %d elements"
          .formatted(in, elements);
    }
  }

  /// What [palace.common.hnsw.IndexCheck] found.
  record Faulty(CollectionName in, Path directory, IndexFault fault) implements IndexFinding {
    /// A tail that long fills disks when the palace is copied.
    private static final long BLOAT_BYTES = 1L << 24;

    @Override
    public Nature nature() {
      String code = codeOf(fault);
      return switch (fault.harm()) {
        case FATAL -> Nature.fatal(code, fatalThreat());
        case LOSS -> Nature.damage(code, Threat.SILENT_LOSS);
        case WRONG -> Nature.damage(code, Threat.WRONG_ANSWERS);
        case NOTICE -> ofNotice(code);
      };
    }

    private Threat fatalThreat() {
      return fault instanceof IndexFault.FileMissing || fault instanceof IndexFault.HeaderVersion
          ? Threat.FAILURE
          : Threat.CRASH;
    }

    private Nature ofNotice(String code) {
      if (fault instanceof IndexFault.LinkListsTooLong(long expected, long found)) {
        return found - expected > BLOAT_BYTES
            ? Nature.damage(code, Threat.SPACE)
            : Nature.notice(code, Threat.SPACE);
      }
      return Nature.notice(code, Threat.NONE);
    }

    @Override
    public Optional<Path> where() {
      return Optional.of(directory.resolve(fault.file().fileName()));
    }

    @Override
    public String sentence() {
      return "index of collection %s: %s".formatted(in, fault.sentence());
    }

    private static String codeOf(IndexFault fault) {
      return switch (fault) {
        case IndexFault.FileMissing f -> "index-file-missing";
        case IndexFault.FileTooShort f -> "index-file-too-short";
        case IndexFault.HeaderSize f -> "index-header-size";
        case IndexFault.HeaderVersion f -> "index-header-version";
        case IndexFault.HeaderInconsistent f -> "index-header-inconsistent";
        case IndexFault.CountBeyondCapacity f -> "index-count-beyond-capacity";
        case IndexFault.CountDisagreesWithFile f -> "index-count-wrong";
        case IndexFault.EntryPointOutOfRange f -> "index-entry-point-wrong";
        case IndexFault.LevelWrong f -> "index-level-wrong";
        case IndexFault.LinkListSizeImpossible f -> "index-links-size-impossible";
        case IndexFault.LinkListsTooShort f -> "index-links-too-short";
        case IndexFault.LinkListsTooLong f -> "index-links-too-long";
        case IndexFault.NeighbourCountTooHigh f -> "index-neighbour-count-too-high";
        case IndexFault.NeighbourOutOfRange f -> "index-neighbour-out-of-range";
        case IndexFault.NeighbourLevelTooLow f -> "index-neighbour-level-too-low";
        case IndexFault.SelfLinks f -> "index-self-links";
        case IndexFault.DuplicateLinks f -> "index-duplicate-links";
        case IndexFault.Unreachable f -> "index-unreachable";
        case IndexFault.DuplicateLabels f -> "index-duplicate-labels";
        case IndexFault.LabelOutOfRange f -> "index-label-out-of-range";
        case IndexFault.NotFinite f -> "index-not-finite";
        case IndexFault.NormWrong f -> "index-norm-wrong";
        case IndexFault.LengthImplausible f -> "index-length-implausible";
        case IndexFault.ZeroVectors f -> "index-zero-vectors";
        case IndexFault.TotalTooLow f -> "index-total-too-low";
        case IndexFault.MapsDisagree f -> "index-maps-disagree";
        case IndexFault.MappedLabelAbsent f -> "index-label-absent";
        case IndexFault.MappedLabelDeleted f -> "index-label-deleted";
        case IndexFault.LiveLabelUnmapped f -> "index-label-unmapped";
        case IndexFault.DimensionalityDisagrees f -> "index-dimensionality-wrong";
      };
    }
  }

  /// Drawers that the index lacks and the queue will not bring: the position says they were
  /// consumed (H9).
  ///
  /// @param count how many
  /// @param recoverable how many of them have their vector elsewhere
  /// @param firstId one of them
  record LacksDrawers(
      CollectionName in, Path directory, long count, long recoverable, String firstId)
      implements IndexFinding {
    @Override
    public Nature nature() {
      return Nature.damage("index-lacks-drawers", Threat.SILENT_LOSS);
    }

    @Override
    public String sentence() {
      return ("the index of collection %s lacks %d drawers that Chroma will not add again; "
              + "the vectors of %d are found elsewhere; first %s")
          .formatted(in, count, recoverable, firstId);
    }
  }

  /// Ids that the index answers with although no drawer has them (H9).
  record HasGhosts(CollectionName in, Path directory, long count, String firstId)
      implements IndexFinding {
    @Override
    public Nature nature() {
      return Nature.damage("index-has-ghosts", Threat.WRONG_ANSWERS);
    }

    @Override
    public String sentence() {
      return "the index of collection %s holds %d ids that are no drawers, first %s"
          .formatted(in, count, firstId);
    }
  }

  /// Vectors in the index that are not those of an applied write (H11).
  record VectorStale(CollectionName in, Path directory, long count, String firstId)
      implements IndexFinding {
    @Override
    public Nature nature() {
      return Nature.damage("index-vector-stale", Threat.WRONG_ANSWERS);
    }

    @Override
    public String sentence() {
      return ("the index of collection %s holds older vectors than the queue for %d drawers, "
              + "first %s")
          .formatted(in, count, firstId);
    }
  }

  /// An index that MemPalace renamed away.
  ///
  /// @param directory the renamed directory
  /// @param needed drawers whose vector only it holds
  record QuarantinedSibling(CollectionName in, Path directory, long needed)
      implements IndexFinding {
    @Override
    public Nature nature() {
      return needed > 0
          ? Nature.damage("index-quarantined-sibling", Threat.SILENT_LOSS)
          : Nature.notice("index-quarantined-sibling", Threat.SPACE);
    }

    @Override
    public String sentence() {
      return "%s is a renamed index of collection %s; %d drawers have their vector only there"
          .formatted(directory.getFileName(), in, needed);
    }
  }

  /// Drawers whose vector nothing holds any more; they need new ones.
  ///
  /// @param ids all of them
  record VectorsMissing(CollectionName in, Path directory, List<String> ids)
      implements IndexFinding {
    /// Keeps a copy of the ids.
    public VectorsMissing {
      ids = List.copyOf(ids);
    }

    @Override
    public Nature nature() {
      return Nature.damage("vectors-missing-everywhere", Threat.WRONG_ANSWERS);
    }

    @Override
    public String sentence() {
      return "%d drawers of collection %s have no vector anywhere, first %s"
          .formatted(ids.size(), in, ids.getFirst());
    }
  }
}
