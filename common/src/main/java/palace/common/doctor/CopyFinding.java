package palace.common.doctor;

import java.nio.file.Path;
import java.util.Optional;
import palace.common.sources.Source;

/// A finding about drawers of a collection that lie somewhere else too: in a staging collection, in
/// a copy beside the palace, in a place that the operator named (F33).
public sealed interface CopyFinding extends CollectionFinding {
  /// {@return where they lie}
  Source source();

  @Override
  default Optional<Path> where() {
    return Optional.of(source().place());
  }

  /// An interrupted repair of another tool left drawers that the collection lacks.
  ///
  /// @param in the collection that lacks them
  /// @param source where they are
  /// @param held how many drawers of the collection are there
  /// @param lacking how many of them the collection lacks, or has in an older state
  record Interrupted(CollectionName in, Source source, long held, long lacking)
      implements CopyFinding {
    @Override
    public Nature nature() {
      return Nature.damage("interrupted-repair", Threat.SILENT_LOSS);
    }

    @Override
    public String sentence() {
      return "an interrupted %s left %,d drawers of collection %s in %s; the collection lacks %,d of them"
          .formatted(maker(source), held, in, source.words(), lacking);
    }
  }

  /// A staging collection without the collection that it was made from.
  ///
  /// @param in the staging collection
  /// @param source the same
  /// @param original the name that the collection had
  /// @param drawers how many drawers it holds
  record OriginalGone(CollectionName in, Source source, String original, long drawers)
      implements CopyFinding {
    @Override
    public Nature nature() {
      return Nature.damage("original-collection-gone", Threat.SILENT_LOSS);
    }

    @Override
    public String sentence() {
      return "an interrupted %s deleted collection %s and left its %,d drawers in %s"
          .formatted(maker(source), original, drawers, in);
    }
  }

  /// A staging collection that is of no use any more.
  ///
  /// @param in the staging collection
  /// @param source the same
  /// @param original the collection that it was made from, which is there
  /// @param drawers how many drawers it holds
  record StagingLeft(CollectionName in, Source source, String original, long drawers)
      implements CopyFinding {
    @Override
    public Nature nature() {
      return Nature.notice("staging-collection", Threat.SPACE);
    }

    @Override
    public String sentence() {
      return "collection %s was left by an interrupted %s of %s: %,d drawers"
          .formatted(in, maker(source), original, drawers);
    }
  }

  /// Drawers whose vector is nowhere in the palace, but in a copy, beside an equal document.
  ///
  /// @param in the collection
  /// @param source the copy
  /// @param vectors how many of them
  record VectorsElsewhere(CollectionName in, Source source, long vectors) implements CopyFinding {
    @Override
    public Nature nature() {
      return Nature.notice("vectors-elsewhere", Threat.NONE);
    }

    @Override
    public String sentence() {
      return "%s holds the vectors of %,d drawers of collection %s that are nowhere in the palace"
          .formatted(source.words(), vectors, in);
    }
  }

  /// A place that the operator named holds something for a collection.
  ///
  /// @param in the collection
  /// @param source the place
  /// @param held how many drawers of the collection are there
  /// @param lacking how many of them the collection lacks, those among them that were deleted since
  /// @param newer how many it has in an older state
  /// @param vectors how many of its drawers get their vector from there
  record Named(CollectionName in, Source source, long held, long lacking, long newer, long vectors)
      implements CopyFinding {
    @Override
    public Nature nature() {
      return Nature.notice("named-source", Threat.NONE);
    }

    @Override
    public String sentence() {
      if (source instanceof Source.Segment) {
        return "%s holds the missing vectors of %,d drawers of collection %s, by their ids; it has no documents to compare"
            .formatted(source.words(), vectors, in);
      }
      return ("%s holds %,d drawers of collection %s: %,d that the collection lacks, because they"
              + " were lost or deleted, %,d in a newer state, and the missing vectors of %,d")
          .formatted(source.words(), held, in, lacking, newer, vectors);
    }
  }

  /// Drawers that the collection lacks and cannot get, because their vectors mean something else.
  ///
  /// @param in the collection
  /// @param source where they are
  /// @param held how many drawers are there
  record Unfit(CollectionName in, Source source, long held) implements CopyFinding {
    @Override
    public Nature nature() {
      return Nature.damage("unfit-source", Threat.SILENT_LOSS);
    }

    @Override
    public String sentence() {
      return "%s holds %,d drawers for collection %s, with vectors of another dimension or space"
          .formatted(source.words(), held, in);
    }
  }

  private static String maker(Source source) {
    return switch (source) {
      case Source.Staging staging -> "`mempalace repair`";
      case Source.Copy copy -> "`" + copy.kind().maker() + "`";
      case Source.Segment segment -> "another tool";
    };
  }
}
