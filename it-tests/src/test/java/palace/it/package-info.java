/// The promises, held against the built program and against the shape of its code.
@NullMarked
package palace.it;

import org.jspecify.annotations.NullMarked;
