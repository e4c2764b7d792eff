/// Repairs of real palaces.
@NullMarked
package palace.repair;

import org.jspecify.annotations.NullMarked;
