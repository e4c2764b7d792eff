/// The exclusive right to change one palace, and the search for processes that have it open.
@NullMarked
package palace.common.lock;

import org.jspecify.annotations.NullMarked;
