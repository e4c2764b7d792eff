package palace.common.sources;

import java.nio.file.Path;
import palace.common.store.PalaceLayout;

/// A place that may hold drawers of a palace beside those that the palace shows.
public sealed interface Source {
  /// {@return the directory or the database file}
  Path place();

  /// {@return what it is, for a sentence: `the staging collection mempalace_drawers__repair_tmp`}
  String words();

  /// The collection in the palace's own database in which `mempalace repair` stages every drawer
  /// before it deletes the original.
  ///
  /// @param place the palace
  /// @param name `ORIGINAL__repair_tmp`
  record Staging(Path place, String name) implements Source {
    /// Ends the name of a staging collection.
    public static final String MARK = "__repair_tmp";

    @Override
    public String words() {
      return name;
    }

    /// {@return the name of the collection that a staging collection was made from}
    public static String originalOf(String name) {
      return name.substring(0, name.length() - MARK.length());
    }
  }

  /// Another palace, or the database of one.
  ///
  /// @param place its directory, or its database file when that is all there is
  /// @param kind who made it, and when
  /// @param layout where its parts lie
  record Copy(Path place, Kind kind, PalaceLayout layout) implements Source {
    @Override
    public String words() {
      return place.toString();
    }
  }

  /// A directory of one segment, named like it, with or without an ending: `UUID.backup-TIME`.
  record Segment(Path place) implements Source {
    @Override
    public String words() {
      return place.toString();
    }
  }

  /// Who made a copy, and at which moment of its work.
  enum Kind {
    /// `N.backup`, which `mempalace repair` makes before it changes anything, and which stays.
    BACKUP("mempalace repair"),
    /// `N.pre-rebuild-TIME`, to which `mempalace repair rebuild-index` renames the palace.
    ARCHIVE("mempalace repair rebuild-index"),
    /// `N.pre-migrate.TIME`, which `mempalace migrate` makes before it changes anything.
    BEFORE_MIGRATION("mempalace migrate"),
    /// `N.old`, the palace during the swap of `mempalace migrate`, which deletes it afterwards.
    SWAPPED_OUT("mempalace migrate"),
    /// `mempalace_migrate_XXXXXXXX` in the temporary folder, where `mempalace migrate` makes the
    /// new palace.
    MIGRATION_BUILD("mempalace migrate"),
    /// A copy of the database file alone, beside it.
    DATABASE("mempalace repair"),
    /// A copy whose maker is not known.
    OTHER("another tool"),
    /// A state that this tool kept.
    SNAPSHOT("palace"),
    /// A place that the operator named.
    NAMED("the operator");

    private final String maker;

    Kind(String maker) {
      this.maker = maker;
    }

    /// {@return whether it is the palace from before a `mempalace migrate`}
    public boolean isOfMigration() {
      return this == SWAPPED_OUT || this == BEFORE_MIGRATION;
    }

    /// {@return the command that makes such a copy}
    public String maker() {
      return maker;
    }
  }
}
