package palace.migrate;

import java.nio.file.Path;
import java.util.List;
import palace.common.chroma.ChromaRelease;
import palace.common.chroma.SchemaLevel;
import palace.common.hnsw.Space;

/// What a migration would do, found out by reading alone.
///
/// @param palace real path of the palace
/// @param from its schema level
/// @param to the release to write for
/// @param collections what happens to each collection, in the order of their rows
/// @param neededBytes room that the build needs at most
/// @param freeBytes room that there is
/// @param notCarried what the release cannot hold, in words
public record MigrationPlan(
    Path palace,
    SchemaLevel from,
    ChromaRelease to,
    List<CollectionPlan> collections,
    long neededBytes,
    long freeBytes,
    List<String> notCarried) {
  /// Makes the lists unmodifiable.
  public MigrationPlan {
    collections = List.copyOf(collections);
    notCarried = List.copyOf(notCarried);
  }

  /// What happens to one collection.
  ///
  /// @param name its name
  /// @param tenant name of its tenant
  /// @param database name of its database
  /// @param space the true space
  /// @param dimension components per vector, 0 when there never was one
  /// @param drawers how many it holds
  /// @param inIndex vectors that lie in its own index
  /// @param inQueue vectors that lie in the queue
  /// @param inSiblings vectors that lie in quarantined copies of the index
  /// @param inFreePages vectors that lie in free pages of the database
  /// @param missing drawers whose vector exists nowhere
  /// @param indexFiles what is done about the index
  public record CollectionPlan(
      String name,
      String tenant,
      String database,
      Space space,
      int dimension,
      long drawers,
      long inIndex,
      long inQueue,
      long inSiblings,
      long inFreePages,
      long missing,
      IndexFiles indexFiles) {}

  /// What is done about a collection's index.
  public enum IndexFiles {
    /// No drawer has a vector: no index is written.
    NONE,
    /// The index is sound: its elements and links are taken over, newer vectors are linked in.
    CARRIED,
    /// A new index is built from the vectors.
    REBUILT
  }

  /// {@return how many drawers there are}
  public long drawers() {
    return collections.stream().mapToLong(CollectionPlan::drawers).sum();
  }
}
