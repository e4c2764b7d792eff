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
