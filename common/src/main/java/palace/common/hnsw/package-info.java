/// hnswlib's files as Chroma persists them: reader, check, builder and search.
///
/// A segment directory holds `header.bin`, `data_level0.bin`, `length.bin`, `link_lists.bin` and,
/// once Chroma has persisted it for the first time, `index_metadata.pickle`. All numbers are
/// little-endian without padding, the same from Chroma 0.4.0 to 1.5.9.
///
/// | hnswlib | Chroma | here |
/// |---|---|---|
/// | internal id, tableint | offset id | slot |
/// | label, external label | label | label |
/// | cur_element_count | – | element count |
/// | data_level0_memory_ | – | level 0 |
/// | linkLists_ | – | link lists |
/// | length_memory_ | – | length |
@NullMarked
package palace.common.hnsw;

import org.jspecify.annotations.NullMarked;
