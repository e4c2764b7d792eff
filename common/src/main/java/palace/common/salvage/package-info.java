/// Chroma's rows out of the pages of a damaged database, into a fresh one that SQLite calls sound.
@NullMarked
package palace.common.salvage;

import org.jspecify.annotations.NullMarked;
