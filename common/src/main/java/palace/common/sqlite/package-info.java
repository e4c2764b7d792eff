/// SQLite's file format, read by its bytes alone, for files that SQLite itself refuses: pages,
/// cells and records are believed only as far as they prove themselves. Nothing here knows Chroma,
/// and nothing here writes.
@NullMarked
package palace.common.sqlite;

import org.jspecify.annotations.NullMarked;
