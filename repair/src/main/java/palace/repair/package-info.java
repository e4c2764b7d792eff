/// Heals a damaged palace: the diagnosis becomes a plan of treatments, each one class, which are
/// applied after the database was copied and are undone when anything fails.
@NullMarked
package palace.repair;

import org.jspecify.annotations.NullMarked;
