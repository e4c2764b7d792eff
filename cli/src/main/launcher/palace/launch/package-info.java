/// The door: the one class that an old Java can still load.
@NullMarked
package palace.launch;

import org.jspecify.annotations.NullMarked;
