/// The command line held to its words: in this process, on palaces that real Chroma made.
@NullMarked
package palace.cli;

import org.jspecify.annotations.NullMarked;
