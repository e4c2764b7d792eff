/// Any palace to a fresh palace of a chosen Chroma release: built beside the old one, proven drawer
/// by drawer, then exchanged with it.
@NullMarked
package palace.migrate;

import org.jspecify.annotations.NullMarked;
