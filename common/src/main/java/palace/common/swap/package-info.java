/// The exchange of a palace and its build, the names that it uses on disk, and the seal of a
/// finished directory.
@NullMarked
package palace.common.swap;

import org.jspecify.annotations.NullMarked;
