/// Places beside a palace, and in it, that may hold drawers or vectors that the palace itself lost:
/// what other tools' interrupted repairs left, backups, snapshots, and what the operator names.
@NullMarked
package palace.common.sources;

import org.jspecify.annotations.NullMarked;
