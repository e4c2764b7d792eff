package palace.common.doctor;

import palace.common.hnsw.Space;

/// What a collection holds and where its vectors lie.
///
/// @param id `collections.id`
/// @param name its name
/// @param drawers how many drawers it has, those only in the queue included
/// @param vectorsInIndex drawers whose vector is taken from the index
/// @param vectorsInQueue drawers whose vector is taken from the queue
/// @param vectorsInSiblings drawers whose vector only a quarantined copy holds
/// @param vectorsInFreePages drawers whose vector only free pages of the database hold
/// @param vectorsMissing drawers whose vector is nowhere
/// @param dimension components per vector, 0 when nothing was ever written
/// @param space what distance means
/// @param queueRows its rows in the queue
public record CollectionSummary(
    String id,
    String name,
    long drawers,
    long vectorsInIndex,
    long vectorsInQueue,
    long vectorsInSiblings,
    long vectorsInFreePages,
    long vectorsMissing,
    int dimension,
    Space space,
    long queueRows) {}
