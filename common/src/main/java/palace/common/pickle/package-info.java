/// The subset of pickle that `index_metadata.pickle` needs, read by an allow list that runs no
/// code, and its writer.
///
/// Chroma keeps beside each index a pickle that maps drawer ids to index labels. Python releases
/// write an instance of one class, Rust releases a plain dict; [palace.common.pickle.IndexPickle]
/// reads both and writes the form that all read.
@NullMarked
package palace.common.pickle;

import org.jspecify.annotations.NullMarked;
