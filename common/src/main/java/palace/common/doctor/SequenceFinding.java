package palace.common.doctor;

/// A finding about `max_seq_id`: how far the segments of a collection say they have consumed the
/// queue (S7-S11).
public sealed interface SequenceFinding extends CollectionFinding {
  /// Stored in a type that this level of Chroma does not read, or will misread when it upgrades.
  ///
  /// @param scope `VECTOR` or `METADATA`
  record TypeWrong(CollectionName in, String scope, String found, String expected)
      implements SequenceFinding {
    @Override
    public Nature nature() {
      return expected.equals("INTEGER")
          ? Nature.fatal("sequence-type-wrong", Threat.FAILURE)
          : Nature.damage("sequence-type-wrong", Threat.SILENT_LOSS);
    }

    @Override
    public String sentence() {
      return "max_seq_id of the %s segment of collection %s is stored as %s instead of %s"
          .formatted(scope, in, found, expected);
    }
  }

  /// A number that migration `metadb/00005` made out of one that was an INTEGER already.
  ///
  /// @param original what it was, as far as its digits survived
  record Poisoned(CollectionName in, String scope, long stored, long original)
      implements SequenceFinding {
    @Override
    public Nature nature() {
      return Nature.damage("sequence-poisoned", Threat.SILENT_LOSS);
    }

    @Override
    public String sentence() {
      return "max_seq_id of the %s segment of collection %s is %d, a misread %d: writes are dropped"
          .formatted(scope, in, stored, original);
    }
  }

  /// Beyond everything that was ever written to the collection: later writes are dropped.
  ///
  /// @param highest the highest that can be true
  record TooHigh(CollectionName in, String scope, long stored, long highest)
      implements SequenceFinding {
    @Override
    public Nature nature() {
      return Nature.damage("sequence-too-high", Threat.SILENT_LOSS);
    }

    @Override
    public String sentence() {
      return "max_seq_id of the %s segment of collection %s is %d, beyond the newest write %d"
          .formatted(scope, in, stored, highest);
    }
  }

  /// Zero or negative: a Python core drops the next write, or fails.
  record Zero(CollectionName in, String scope, long stored) implements SequenceFinding {
    @Override
    public Nature nature() {
      return Nature.damage("sequence-zero", Threat.SILENT_LOSS);
    }

    @Override
    public String sentence() {
      return ("max_seq_id of the %s segment of collection %s is %d, which Chroma 0.x takes "
              + "for the newest")
          .formatted(scope, in, stored);
    }
  }

  /// The queue's newest row is older than what a segment has consumed: the next writes get numbers
  /// that count as consumed and are dropped.
  record QueueBehind(CollectionName in, String scope, long stored, long queueHighest)
      implements SequenceFinding {
    @Override
    public Nature nature() {
      return Nature.damage("queue-behind", Threat.SILENT_LOSS);
    }

    @Override
    public String sentence() {
      return ("the %s segment of collection %s has consumed the queue up to %d, which ends at "
              + "%d: the next writes are dropped")
          .formatted(scope, in, stored, queueHighest);
    }
  }

  /// The vector segment says it has consumed the queue, but its index is missing or empty: Chroma
  /// rebuilds it from the queue once, then purges the queue (S10).
  ///
  /// @param found drawers whose vector something still holds: old elements, the queue, a copy
  /// @param lost drawers whose vector nothing holds
  /// @param dropped drawers whose vector Chroma 1.x drops, if it opens the palace and writes to it
  record VectorRowWithoutIndex(CollectionName in, long stored, long found, long lost, long dropped)
      implements SequenceFinding {
    @Override
    public Nature nature() {
      return Nature.damage("vector-row-without-index", Threat.SILENT_LOSS);
    }

    @Override
    public String sentence() {
      return ("collection %s says its index holds everything up to %d, but Chroma takes the "
              + "index for new and will overwrite it; %d vectors can be found, %d cannot")
          .formatted(in, stored, found, lost);
    }
  }

  /// There is no row for the vector segment, and neither index nor queue brings some drawers (S11).
  ///
  /// @param lacking drawers that neither has
  record VectorRowMissing(CollectionName in, long lacking) implements SequenceFinding {
    @Override
    public Nature nature() {
      return Nature.damage("vector-row-missing", Threat.SILENT_LOSS);
    }

    @Override
    public String sentence() {
      return ("collection %s has no max_seq_id for its index, and %d drawers are neither in "
              + "index nor queue")
          .formatted(in, lacking);
    }
  }
}
