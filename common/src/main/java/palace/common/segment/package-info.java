/// A collection's vectors as a fresh segment directory, for a new palace or a repaired one.
@NullMarked
package palace.common.segment;

import org.jspecify.annotations.NullMarked;
