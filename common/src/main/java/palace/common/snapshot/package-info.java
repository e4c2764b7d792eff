/// The catalogue of kept states: what each holds, with hashes, and whether it still does.
@NullMarked
package palace.common.snapshot;

import org.jspecify.annotations.NullMarked;
