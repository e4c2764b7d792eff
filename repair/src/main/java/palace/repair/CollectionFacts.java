package palace.repair;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.CollectionSettings;
import palace.common.chroma.IndexConfiguration;
import palace.common.chroma.SegmentRow;
import palace.common.store.CollectionState;

/// What is true of a collection, read before anything is changed.
///
/// @param row its row
/// @param vectorSegment its vector segment
/// @param metadataSegment its metadata segment
/// @param settings everything that is stated about its index
/// @param index the configuration to go on with, the true space in it
/// @param dimension components per vector, 0 when nothing was ever written
/// @param embeddingFunction identity of the embedding function, absent when nothing names one
record CollectionFacts(
    CollectionRow row,
    Optional<SegmentRow> vectorSegment,
    Optional<SegmentRow> metadataSegment,
    CollectionSettings settings,
    IndexConfiguration index,
    int dimension,
    Optional<JsonNode> embeddingFunction) {
  static CollectionFacts of(Path palace, CollectionState state) throws IOException {
    return new CollectionFacts(
        state.row(),
        state.vectorSegment(),
        state.metadataSegment(),
        state.settings(),
        state.index(),
        state.dimension(),
        EmbeddingIdentity.of(palace, state.row(), state.settings()));
  }
}
