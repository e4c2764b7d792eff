package palace.common.store;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import palace.common.PalaceException;
import palace.common.ShellWord;
import palace.common.chroma.Catalogue;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.DatabaseCondition;
import palace.common.chroma.ReadPool;
import palace.common.chroma.SchemaLevel;
import palace.common.chroma.SourceDatabase;

/// A palace opened for reading; nothing in or beside its directory is written. Whoever opens it
/// closes it.
public final class Palace implements AutoCloseable {
  private final PalaceLayout layout;
  private final SourceDatabase source;
  private final SchemaLevel level;
  private final Catalogue catalogue;
  private final Adoption adoption;
  private final Catalogue adopted;
  private final Queue queue;
  private final RemainsOnDemand remains;

  private Palace(PalaceLayout layout, SourceDatabase source, RemainsOnDemand remains)
      throws IOException {
    this.layout = layout;
    this.source = source;
    this.remains = remains;
    requireStoredRows(source.database());
    level = source.database().schema().level();
    requireKnown(source.database().schema().recordedLevel(), level, layout);
    catalogue = Catalogue.read(source.database());
    adoption = SegmentAdoption.find(layout, source.database(), catalogue);
    adopted = catalogue.with(adoption.segments());
    queue = Queue.read(source.database(), remains);
  }

  /// Opens a palace.
  ///
  /// @param path the directory or a link to it
  /// @throws PalaceException when it is not a palace, is one of a Chroma that is not known, or
  ///   cannot be read at all
  public static Palace open(Path path) throws IOException {
    return open(PalaceLayout.of(locate(path)));
  }

  /// Opens a palace whose parts lie in several places, as those of a snapshot do.
  ///
  /// @throws PalaceException as the opening of a directory does
  public static Palace open(PalaceLayout layout) throws IOException {
    SourceDatabase source = SourceDatabase.open(layout.database());
    return open(layout, source, RemainsOnDemand.in(Optional.of(source.database().file())));
  }

  /// Reads a palace through a connection to its database that is open already, with whatever its
  /// own transaction has changed. The connection stays open.
  public static Palace over(Path directory, ChromaDatabase database) throws IOException {
    return over(PalaceLayout.of(locate(directory)), database);
  }

  /// As [#over(Path, ChromaDatabase)], for a palace whose parts lie in several places.
  public static Palace over(PalaceLayout layout, ChromaDatabase database) throws IOException {
    return over(layout, database, Optional.empty());
  }

  /// As [#over(PalaceLayout, ChromaDatabase)], with a copy of the database file in whose free pages
  /// vectors are looked for that are nowhere else. Nobody writes to it.
  public static Palace over(PalaceLayout layout, ChromaDatabase database, Optional<Path> copy)
      throws IOException {
    return open(layout, SourceDatabase.over(database), RemainsOnDemand.in(copy));
  }

  private static Palace open(PalaceLayout layout, SourceDatabase source, RemainsOnDemand remains)
      throws IOException {
    try {
      return new Palace(layout, source, remains);
    } catch (IOException | RuntimeException e) {
      try {
        source.close();
      } catch (IOException closing) {
        e.addSuppressed(closing);
      }
      throw e;
    }
  }

  /// {@return the real path of a palace's directory, when what is there looks like one}
  public static Path locate(Path path) throws IOException {
    Path real = realPath(path);
    if (!Files.isDirectory(real)) {
      String hint =
          real.getFileName().toString().equals(PalaceLayout.DATABASE)
              ? "name the directory that holds it: " + real.getParent()
              : "name a directory that holds chroma.sqlite3";
      throw new PalaceException.Refused(
          path + ": is a file, expected the directory of a palace", hint);
    }
    if (!Files.isReadable(real) || !Files.isExecutable(real)) {
      throw new PalaceException.Refused(
          path + ": permission denied", "run palace as the owner of the palace");
    }
    requireDatabase(path, real);
    return real;
  }

  private static Path realPath(Path path) throws IOException {
    try {
      return path.toRealPath();
    } catch (NoSuchFileException e) {
      requireNoCopy(path, path + ": no such directory");
      throw new PalaceException.Refused(
          path + ": no such directory",
          "check the path; palace --palace DIR names the directory that holds chroma.sqlite3",
          e);
    } catch (AccessDeniedException e) {
      throw new PalaceException.Refused(
          path + ": permission denied", "run palace as the owner of the palace", e);
    }
  }

  private static void requireDatabase(Path named, Path real) throws IOException {
    Path database = real.resolve(PalaceLayout.DATABASE);
    if (Files.isRegularFile(database, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (Files.exists(database, LinkOption.NOFOLLOW_LINKS)) {
      throw new PalaceException.Refused(
          database + ": is not a regular file",
          "palace works on the directory that really holds the database");
    }
    if (Files.exists(real.resolve("chroma-collections.parquet"))) {
      throw new PalaceException.Refused(
          named + ": a palace of Chroma 0.3, which kept Parquet files",
          "bring it to Chroma 0.4 first with the chroma-migrate package, then run palace migrate");
    }
    requireNoCopy(real, named + ": it holds no " + PalaceLayout.DATABASE);
    throw new PalaceException.Refused(
        named + ": not a palace: it holds no " + PalaceLayout.DATABASE,
        "name a directory that holds chroma.sqlite3");
  }

  private static void requireStoredRows(ChromaDatabase database) throws IOException {
    Optional<String> computed = database.schema().computedTable();
    if (computed.isPresent()) {
      throw new PalaceException.Refused(
          "%s: %s is computed by its schema, expected a table of Chroma that holds its rows"
              .formatted(database.file(), computed.get()),
          "no Chroma makes this; go back to a copy of the palace from before");
    }
  }

  /// Where no palace is, another tool may have moved it away and been interrupted (F46).
  private static void requireNoCopy(Path path, String said) throws IOException {
    for (Path copy : PalaceLayout.leftoversOf(path.toAbsolutePath().normalize())) {
      if (Files.isRegularFile(copy.resolve(PalaceLayout.DATABASE), LinkOption.NOFOLLOW_LINKS)) {
        throw new PalaceException.Refused(
            said + ", but a copy of the palace is in " + copy,
            "palace repair --palace %s puts it back and leaves the copy as it is"
                .formatted(ShellWord.quote(path)));
      }
    }
  }

  private static void requireKnown(SchemaLevel recorded, SchemaLevel level, PalaceLayout layout)
      throws IOException {
    if (recorded.isNewerThanKnown()) {
      throw new PalaceException.Refused(
          layout.database()
              + ": schema "
              + recorded
              + " is newer than the newest known, "
              + SchemaLevel.NEWEST
              + " of Chroma "
              + SchemaLevel.NEWEST.releases(),
          "update palace");
    }
    if (level.sysdb() == 0) {
      throw new PalaceException.Refused(
          layout.database()
              + ": an SQLite database, but not one of Chroma: it has no collections table",
          "name a directory that Chroma made");
    }
  }

  /// {@return what lies in and beside the directory}
  public PalaceLayout layout() {
    return layout;
  }

  /// {@return the connection to the database, inside one read transaction}
  public ChromaDatabase database() {
    return source.database();
  }

  /// {@return what was found beside the database file}
  public DatabaseCondition condition() {
    return source.condition();
  }

  /// {@return the level that its tables have}
  public SchemaLevel level() {
    return level;
  }

  /// {@return collections and segments as their tables hold them}
  public Catalogue catalogue() {
    return catalogue;
  }

  /// {@return what is known of segments that their table lacks; [#open] counts on it}
  public Adoption adoption() {
    return adoption;
  }

  /// Looks for drawers whose segment nobody has any more, through any connection to this state of
  /// the database.
  public StrayDrawers strays(ChromaDatabase reader) throws IOException {
    return StrayDrawers.find(layout, reader, adopted);
  }

  /// {@return the queue}
  public Queue queue() {
    return queue;
  }

  /// {@return why free pages of the database could not be searched, or not all, for vectors that
  /// are nowhere else; empty as long as no collection was opened that lacks any}
  public Optional<String> unsearched() {
    return remains.unsearched();
  }

  /// {@return the collections of every tenant and database}
  public List<CollectionRow> collections() {
    return catalogue.collections();
  }

  /// Works out the state of one collection; whoever opens it closes it before the palace.
  public CollectionState open(CollectionRow collection) throws IOException {
    return CollectionFold.fold(layout, source.database(), level, queue, adopted, collection);
  }

  /// As [#open(CollectionRow)], through another connection to the same state of the database.
  public CollectionState open(CollectionRow collection, ChromaDatabase reader) throws IOException {
    return CollectionFold.fold(layout, reader, level, queue.over(reader), adopted, collection);
  }

  /// Opens more connections to the database, for several threads; whoever opens them closes them
  /// before the palace.
  ///
  /// @return empty where there can be only the one connection
  public Optional<ReadPool> readers(int connections) {
    return source.pool(connections);
  }

  @Override
  public void close() throws IOException {
    try (source) {
      remains.close();
    }
  }
}
