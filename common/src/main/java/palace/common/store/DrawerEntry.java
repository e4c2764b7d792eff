package palace.common.store;

import java.util.List;

/// What is kept in memory of one drawer.
///
/// @param id the user's id
/// @param rowId its `embeddings.id`; 0 when it exists only in the queue
/// @param sequence position in the queue of the last write that touched it
/// @param pending queue rows not yet applied to its metadata, by rising sequence number
/// @param vector where its vector lies
public record DrawerEntry(
    String id, long rowId, long sequence, List<Long> pending, VectorSource vector) {}
