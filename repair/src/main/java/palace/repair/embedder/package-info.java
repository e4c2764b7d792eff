/// New vectors for drawers that have none: asked for at an OpenAI-compatible endpoint, checked,
/// and kept until they are in the palace. The only network access of `palace`.
@NullMarked
package palace.repair.embedder;

import org.jspecify.annotations.NullMarked;
