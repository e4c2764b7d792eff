package palace.common.hnsw;

/// One thing that [IndexCheck] says is wrong with an index: one value per kind, with counts and the
/// first place.
///
/// Slots are hnswlib's internal ids. What a fault means for the drawers is the doctor's to say.
public sealed interface IndexFault {

  /// What Chroma does with such an index.
  enum Harm {
    /// It fails, refuses to load, or kills its process.
    FATAL,
    /// It loses or overwrites vectors without a word.
    LOSS,
    /// It answers falsely.
    WRONG,
    /// Worth knowing; healthy indexes may show it.
    NOTICE
  }

  /// {@return the worst that Chroma does with it}
  Harm harm();

  /// {@return one sentence for an operator, lower case, without full stop}
  String sentence();

  /// The file that a fault is found in or about.
  IndexFile file();

  /// One of the four index files is missing although the index has been persisted (H2).
  record FileMissing(IndexFile file) implements IndexFault {
    @Override
    public Harm harm() {
      return Harm.FATAL;
    }

    @Override
    public String sentence() {
      return file.fileName() + " is missing";
    }
  }

  /// A file is too short for the elements that the header counts (H3).
  record FileTooShort(IndexFile file, long expectedBytes, long foundBytes) implements IndexFault {
    @Override
    public Harm harm() {
      return Harm.FATAL;
    }

    @Override
    public String sentence() {
      return "%s has %d bytes and needs %d".formatted(file.fileName(), foundBytes, expectedBytes);
    }
  }

  /// `header.bin` has another size than its hundred bytes (H2).
  record HeaderSize(long foundBytes) implements InHeader {
    @Override
    public String sentence() {
      return "header.bin has %d bytes instead of %d".formatted(foundBytes, HnswHeader.BYTES);
    }
  }

  /// `header.bin` has a persistence version that no release writes (H2).
  record HeaderVersion(int found) implements InHeader {
    @Override
    public String sentence() {
      return "header.bin has version %d instead of %d".formatted(found, HnswHeader.VERSION);
    }
  }

  /// A field of the header contradicts the others, or the database (H2).
  record HeaderInconsistent(String field, String expected, String found) implements InHeader {
    @Override
    public String sentence() {
      return "header.bin says %s %s where %s is expected".formatted(field, found, expected);
    }
  }

  /// The header counts more elements than it has capacity for (H3).
  record CountBeyondCapacity(long elementCount, long maxElements) implements InHeader {
    @Override
    public String sentence() {
      return "header.bin counts %s elements in a capacity of %s"
          .formatted(Long.toUnsignedString(elementCount), Long.toUnsignedString(maxElements));
    }
  }

  /// The header counts other elements than `data_level0.bin` or the links hold (H3).
  record CountDisagreesWithFile(long headerCount, long foundCount) implements InHeader {
    @Override
    public String sentence() {
      return "header.bin counts %s elements, the files hold %d"
          .formatted(Long.toUnsignedString(headerCount), foundCount);
    }
  }

  /// The entry point is no slot (H4).
  record EntryPointOutOfRange(long entryPoint, long elementCount) implements InHeader {
    @Override
    public String sentence() {
      return "header.bin names entry point %d of %d elements".formatted(entryPoint, elementCount);
    }
  }

  /// The header's level is not the highest one, or not the entry point's (H4).
  record LevelWrong(int headerLevel, int highestLevel, int entryLevel) implements InHeader {
    @Override
    public String sentence() {
      return "header.bin says level %d; the highest is %d and the entry point's is %d"
          .formatted(headerLevel, highestLevel, entryLevel);
    }
  }

  /// A stored link list size is not a whole number of levels, or more levels than can be (H3).
  record LinkListSizeImpossible(int firstSlot, long size, int blockBytes) implements InLinkLists {
    @Override
    public Harm harm() {
      return Harm.FATAL;
    }

    @Override
    public String sentence() {
      return "link_lists.bin gives element %d a list of %d bytes, which is not up to %d times %d"
          .formatted(firstSlot, size, LinkLists.HIGHEST_LEVEL, blockBytes);
    }
  }

  /// `link_lists.bin` ends before its last element (H3).
  record LinkListsTooShort(int firstSlot, int elementCount, long foundBytes)
      implements InLinkLists {
    @Override
    public Harm harm() {
      return Harm.FATAL;
    }

    @Override
    public String sentence() {
      return "link_lists.bin has %d bytes and ends at element %d of %d"
          .formatted(foundBytes, firstSlot, elementCount);
    }
  }

  /// `link_lists.bin` goes on after its last element; bloat when it does so for long (H3).
  record LinkListsTooLong(long expectedBytes, long foundBytes) implements InLinkLists {
    @Override
    public Harm harm() {
      return Harm.NOTICE;
    }

    @Override
    public String sentence() {
      return "link_lists.bin has %d bytes and needs %d".formatted(foundBytes, expectedBytes);
    }
  }

  /// Elements claim more neighbours than they have room for (H5).
  record NeighbourCountTooHigh(long count, int firstSlot, int firstLevel) implements InGraph {
    @Override
    public String sentence() {
      return "%d lists claim more neighbours than fit, first element %d on level %d"
          .formatted(count, firstSlot, firstLevel);
    }
  }

  /// Neighbours are no elements of this index (H5).
  record NeighbourOutOfRange(long count, int firstSlot, int firstLevel) implements InGraph {
    @Override
    public String sentence() {
      return "%d neighbours do not exist, first in element %d on level %d"
          .formatted(count, firstSlot, firstLevel);
    }
  }

  /// Neighbours on an upper level do not reach up to it (H5).
  record NeighbourLevelTooLow(long count, int firstSlot, int firstLevel) implements InGraph {
    @Override
    public String sentence() {
      return "%d neighbours do not reach up to their link, first in element %d on level %d"
          .formatted(count, firstSlot, firstLevel);
    }
  }

  /// Elements are their own neighbours (H5).
  record SelfLinks(long count, int firstSlot, int firstLevel) implements InGraph {
    @Override
    public Harm harm() {
      return Harm.WRONG;
    }

    @Override
    public String sentence() {
      return "%d elements are their own neighbours, first element %d on level %d"
          .formatted(count, firstSlot, firstLevel);
    }
  }

  /// Elements name the same neighbour twice (H5).
  record DuplicateLinks(long count, int firstSlot, int firstLevel) implements InGraph {
    @Override
    public Harm harm() {
      return Harm.WRONG;
    }

    @Override
    public String sentence() {
      return "%d neighbours stand twice in one list, first in element %d on level %d"
          .formatted(count, firstSlot, firstLevel);
    }
  }

  /// Live elements cannot be reached from the entry point (H6). hnswlib itself leaves some, many in
  /// an index of inner products, where they are nobody's nearest neighbour.
  ///
  /// @param recall the share of true neighbours that a sample of searches finds; 1 where they are
  ///   so few that nobody was asked
  record Unreachable(long count, long liveCount, int firstSlot, double recall) implements InGraph {
    /// What Chroma's own indexes never fall below.
    private static final double SOUND_RECALL = 0.85;

    @Override
    public Harm harm() {
      return recall < SOUND_RECALL ? Harm.WRONG : Harm.NOTICE;
    }

    @Override
    public String sentence() {
      return "%d of %d live elements cannot be reached by a search, first element %d"
          .formatted(count, liveCount, firstSlot);
    }
  }

  /// Elements carry the label of another one (H7, H16).
  record DuplicateLabels(long count, long firstLabel) implements InGraph {
    @Override
    public Harm harm() {
      return Harm.LOSS;
    }

    @Override
    public String sentence() {
      return "%d elements carry a label that another one has, first label %d"
          .formatted(count, firstLabel);
    }
  }

  /// Labels are 0 or do not fit 32 bits (H7).
  record LabelOutOfRange(long count, int firstSlot, long firstLabel) implements InGraph {
    @Override
    public String sentence() {
      return "%d labels are not from 1 to %d, first %s in element %d"
          .formatted(count, IndexCheck.LARGEST_LABEL, Long.toUnsignedString(firstLabel), firstSlot);
    }
  }

  /// Stored vectors hold NaN or infinity (H10).
  record NotFinite(long count, int firstSlot) implements InGraph {
    @Override
    public Harm harm() {
      return Harm.WRONG;
    }

    @Override
    public String sentence() {
      return "%d vectors hold NaN or infinity, first element %d".formatted(count, firstSlot);
    }
  }

  /// Live vectors of a cosine index have another length than 1 or 0 (H10): damaged, or the space is
  /// not cosine.
  record NormWrong(long count, long liveCount, int firstSlot, float firstNorm) implements InGraph {
    @Override
    public Harm harm() {
      return Harm.WRONG;
    }

    @Override
    public String sentence() {
      return "%d of %d vectors of a cosine index do not have length one, first element %d with %s"
          .formatted(count, liveCount, firstSlot, firstNorm);
    }
  }

  /// Entries of `length.bin` cannot be lengths of live vectors of a cosine index (H10).
  record LengthImplausible(long count, long liveCount, int firstSlot, float firstLength)
      implements IndexFault {
    @Override
    public IndexFile file() {
      return IndexFile.LENGTH;
    }

    @Override
    public Harm harm() {
      return Harm.LOSS;
    }

    @Override
    public String sentence() {
      return "%d of %d lengths are not plausible, first %s of element %d"
          .formatted(count, liveCount, firstLength, firstSlot);
    }
  }

  /// Live vectors are all zero where that is suspicious: in a cosine index those with a length
  /// above zero (H10).
  record ZeroVectors(long count, long longestRun, int firstSlotOfRun, Harm harm)
      implements InGraph {
    @Override
    public String sentence() {
      return "%d vectors are all zero, up to %d in a row from element %d"
          .formatted(count, longestRun, firstSlotOfRun);
    }
  }

  /// The pickle says that fewer labels were given out than the highest one, or than there are
  /// elements (H7).
  record TotalTooLow(long total, long highestLabel, long elementCount) implements InPickle {
    @Override
    public Harm harm() {
      return Harm.LOSS;
    }

    @Override
    public String sentence() {
      return "the pickle counts %d labels given out; the highest is %d, and there are %d elements"
          .formatted(total, highestLabel, elementCount);
    }
  }

  /// The two maps of the pickle are not each other's inverse (H8).
  record MapsDisagree(long count, String firstId) implements InPickle {
    @Override
    public String sentence() {
      return "%d entries of the pickle's two maps disagree, first of id %s"
          .formatted(count, firstId);
    }
  }

  /// The pickle maps ids to labels that no element has (H8, H16).
  record MappedLabelAbsent(long count, String firstId, long firstLabel) implements InPickle {
    @Override
    public String sentence() {
      return "%d ids have a label that no element carries, first %s with label %d"
          .formatted(count, firstId, firstLabel);
    }
  }

  /// The pickle maps ids to labels of deleted elements (H8).
  record MappedLabelDeleted(long count, String firstId, long firstLabel) implements InPickle {
    @Override
    public String sentence() {
      return "%d ids have the label of a deleted element, first %s with label %d"
          .formatted(count, firstId, firstLabel);
    }
  }

  /// Live elements have labels that the pickle does not know (H8).
  record LiveLabelUnmapped(long count, long firstLabel) implements InPickle {
    @Override
    public String sentence() {
      return "%d elements have a label that belongs to no id, first label %d"
          .formatted(count, firstLabel);
    }
  }

  /// The pickle names another dimension than the index has (H13).
  record DimensionalityDisagrees(int pickle, int index) implements InPickle {
    @Override
    public Harm harm() {
      return Harm.FATAL;
    }

    @Override
    public String sentence() {
      return "the pickle says dimension %d, the index has %d".formatted(pickle, index);
    }
  }

  /// A fault of `header.bin`.
  sealed interface InHeader extends IndexFault {
    @Override
    default IndexFile file() {
      return IndexFile.HEADER;
    }

    @Override
    default Harm harm() {
      return Harm.FATAL;
    }
  }

  /// A fault of `link_lists.bin` as a file.
  sealed interface InLinkLists extends IndexFault {
    @Override
    default IndexFile file() {
      return IndexFile.LINK_LISTS;
    }
  }

  /// A fault of the elements and their links.
  sealed interface InGraph extends IndexFault {
    @Override
    default IndexFile file() {
      return IndexFile.LEVEL0;
    }

    @Override
    default Harm harm() {
      return Harm.FATAL;
    }
  }

  /// A fault between `index_metadata.pickle` and the index.
  sealed interface InPickle extends IndexFault {
    @Override
    default IndexFile file() {
      return IndexFile.PICKLE;
    }

    @Override
    default Harm harm() {
      return Harm.WRONG;
    }
  }
}
