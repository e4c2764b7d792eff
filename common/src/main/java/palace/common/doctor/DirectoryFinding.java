package palace.common.doctor;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import palace.common.chroma.CollectionRow;
import palace.common.sources.Source;

/// A finding about what lies in the palace's directory (H1).
public sealed interface DirectoryFinding extends Finding {
  /// {@return the directory}
  Path directory();

  @Override
  default Optional<Path> where() {
    return Optional.of(directory());
  }

  /// A segment directory, or a quarantined one, that belongs to no segment.
  record Orphan(Path directory, long bytes) implements DirectoryFinding {
    @Override
    public Nature nature() {
      return Nature.notice("orphan-directory", Threat.SPACE);
    }

    @Override
    public String sentence() {
      return "directory %s belongs to no collection: %d bytes"
          .formatted(directory.getFileName(), bytes);
    }
  }

  /// A copy of the palace that another tool left and that proves no loss.
  ///
  /// @param directory the copy
  /// @param drawers how many drawers it holds
  /// @param lacking how many of them the palace does not have: they were deleted since, as far as
  ///   anybody can tell
  /// @param companions what else it holds that the palace lacks
  record OldCopy(Path directory, long drawers, long lacking, List<String> companions)
      implements DirectoryFinding {
    /// Keeps a copy of the list.
    public OldCopy {
      companions = List.copyOf(companions);
    }

    @Override
    public Nature nature() {
      return Nature.notice("old-copy", Threat.SPACE);
    }

    @Override
    public String sentence() {
      String without =
          companions.isEmpty()
              ? ""
              : "; the palace also lacks its " + String.join(", ", companions);
      String drawersWithout =
          lacking == 0
              ? "the palace has them all"
              : "the palace does not have %,d of them; --source brings them back"
                  .formatted(lacking);
      return "copy %s holds %,d drawers: %s%s"
          .formatted(directory.getFileName(), drawers, drawersWithout, without);
    }
  }

  /// A palace that a killed `mempalace migrate` was making from this one, in the temporary folder.
  ///
  /// @param directory where
  /// @param drawers how many drawers it holds
  record MigrationLeft(Path directory, long drawers) implements DirectoryFinding {
    @Override
    public Nature nature() {
      return Nature.notice("migration-left", Threat.SPACE);
    }

    @Override
    public String sentence() {
      return "an interrupted `%s` left %,d drawers of this palace, embedded again, in %s"
          .formatted(Source.Kind.MIGRATION_BUILD.maker(), drawers, directory);
    }
  }

  /// Nothing is where the palace should be, and a copy of it is beside that place (F46).
  ///
  /// @param directory where the palace should be
  /// @param source the copy that was written last
  record PalaceGone(Path directory, Source.Copy source) implements DirectoryFinding {
    @Override
    public Nature nature() {
      return Nature.fatal("palace-gone", Threat.REFUSAL);
    }

    @Override
    public String sentence() {
      return "no palace is at %s; an interrupted `%s` left it in %s"
          .formatted(directory, source.kind().maker(), source.place());
    }
  }

  /// A copy to the place of the palace was interrupted, and the palace is beside it (F50).
  ///
  /// @param directory where the palace should be
  /// @param source the palace as it was
  record SwapUnfinished(Path directory, Source.Copy source) implements DirectoryFinding {
    @Override
    public Nature nature() {
      return Nature.fatal("swap-unfinished", Threat.REFUSAL);
    }

    @Override
    public String sentence() {
      return "an interrupted `%s` copied a part of another palace to %s; the palace from before is %s"
          .formatted(source.kind().maker(), directory, source.place());
    }
  }

  /// A collection that the palace lacks altogether and a copy holds.
  ///
  /// @param directory the copy
  /// @param source the same
  /// @param like the collection there
  /// @param drawers how many drawers it holds
  record CollectionGone(Path directory, Source.Copy source, CollectionRow like, long drawers)
      implements DirectoryFinding {
    @Override
    public Nature nature() {
      return Nature.damage("collection-gone", Threat.SILENT_LOSS);
    }

    @Override
    public Optional<String> collection() {
      return Optional.of(like.name());
    }

    @Override
    public String sentence() {
      return "the palace has no collection %s, of which %s holds %,d drawers"
          .formatted(like.label(), directory, drawers);
    }
  }

  /// Other files that the palace lacks and a copy holds.
  ///
  /// @param directory the copy
  /// @param names their names in it
  record CompanionsGone(Path directory, List<String> names) implements DirectoryFinding {
    /// Keeps a copy of the list.
    public CompanionsGone {
      names = List.copyOf(names);
    }

    @Override
    public Nature nature() {
      return Nature.damage("companions-gone", Threat.SILENT_LOSS);
    }

    @Override
    public String sentence() {
      return "the palace lacks %s, which %s holds".formatted(String.join(", ", names), directory);
    }
  }
}
