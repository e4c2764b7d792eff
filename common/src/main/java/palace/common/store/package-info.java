/// An opened palace, read-only: what lies in its directory, its collections, every drawer in
/// batches, and for every vector where it came from. Pending queue rows are folded in, so what is
/// read here is what Chroma would show after catching up, and a damaged index is read as far as its
/// bytes can be proven.
@NullMarked
package palace.common.store;

import org.jspecify.annotations.NullMarked;
