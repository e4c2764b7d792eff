package palace.common.doctor;

/// A finding about the rows of `segments` of one collection (S4).
public sealed interface SegmentFinding extends CollectionFinding {
  /// One of the two segments has no row.
  ///
  /// @param scope `VECTOR` or `METADATA`
  record Missing(CollectionName in, String scope) implements SegmentFinding {
    @Override
    public Nature nature() {
      return Nature.fatal("segment-missing", Threat.FAILURE);
    }

    @Override
    public String sentence() {
      return "collection %s has no %s segment".formatted(in, scope);
    }
  }

  /// A scope has several rows; which one Chroma takes is chance.
  record Duplicate(CollectionName in, String scope, int count) implements SegmentFinding {
    @Override
    public Nature nature() {
      return Nature.damage("segment-duplicate", Threat.WRONG_ANSWERS);
    }

    @Override
    public String sentence() {
      return "collection %s has %d %s segments instead of one".formatted(in, count, scope);
    }
  }

  /// The row names a directory that does not exist, while the index of the collection lies under
  /// another name.
  ///
  /// @param named what the row says
  /// @param proven the directory whose ids are those of the collection
  record Displaced(CollectionName in, String scope, String named, String proven)
      implements SegmentFinding {
    @Override
    public Nature nature() {
      return Nature.damage("segment-displaced", Threat.SILENT_LOSS);
    }

    @Override
    public String sentence() {
      return "the %s segment of collection %s is said to be %s, which does not exist; it is %s"
          .formatted(scope, in, named, proven);
    }
  }

  /// Drawers that name a segment which no collection has, although the queue or the index proves
  /// whose they are.
  record DrawersStray(CollectionName in, long count, String firstId) implements SegmentFinding {
    @Override
    public Nature nature() {
      return Nature.damage("drawers-stray", Threat.SILENT_LOSS);
    }

    @Override
    public String sentence() {
      return "%d drawers of collection %s name a segment that it does not have, first %s"
          .formatted(count, in, firstId);
    }
  }

  /// A type that a local Chroma cannot use.
  record TypeUnknown(CollectionName in, String segmentId, String type) implements SegmentFinding {
    @Override
    public Nature nature() {
      return Nature.fatal("segment-type-unknown", Threat.FAILURE);
    }

    @Override
    public String sentence() {
      return "segment %s of collection %s has the unknown type %s".formatted(segmentId, in, type);
    }
  }
}
