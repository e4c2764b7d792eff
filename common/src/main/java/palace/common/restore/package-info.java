/// The way back: restoring a kept state, and settling what an interrupted run left.
@NullMarked
package palace.common.restore;

import org.jspecify.annotations.NullMarked;
