package palace.common.store;

/// A queue row that no Chroma can apply, with the reason. Chroma stumbles over it; here it is left
/// out and named.
///
/// @param sequence `seq_id` of the row
/// @param id the id it is about
/// @param reason what is wrong with it
public record SkippedRow(long sequence, String id, String reason) {}
