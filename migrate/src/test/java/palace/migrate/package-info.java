/// Migrations of palaces that real Chroma wrote.
@NullMarked
package palace.migrate;

import org.jspecify.annotations.NullMarked;
