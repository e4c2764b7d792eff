/// What every module needs: failures an operator can act on, exit codes, run ids and progress.
@NullMarked
package palace.common;

import org.jspecify.annotations.NullMarked;
