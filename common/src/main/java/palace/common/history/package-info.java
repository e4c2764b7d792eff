/// The append-only record of every run.
@NullMarked
package palace.common.history;

import org.jspecify.annotations.NullMarked;
