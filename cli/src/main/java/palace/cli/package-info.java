/// What is typed and what is shown: verbs, options, exit codes, text and JSON. Nothing else.
@NullMarked
package palace.cli;

import org.jspecify.annotations.NullMarked;
