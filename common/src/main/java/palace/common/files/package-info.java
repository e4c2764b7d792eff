/// The file primitives: the only callers of force, move, copy, delete and write in the project.
/// What they promise after a kill or a power cut is said at each of them.
@NullMarked
package palace.common.files;

import org.jspecify.annotations.NullMarked;
