/// Chroma's local database `chroma.sqlite3`: its releases and schema levels, its migrations byte
/// for byte, its rows, and how one release or another reads a collection's configuration.
/// Everything that speaks SQL goes through [palace.common.chroma.ChromaDatabase]; `java.sql` is
/// seen nowhere else.
@NullMarked
package palace.common.chroma;

import org.jspecify.annotations.NullMarked;
