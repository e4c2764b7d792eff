/// Checks that turn a palace, however damaged, into findings: what is wrong, how bad it is and what
/// it threatens. Nothing is ever written here; what cures a finding is decided elsewhere.
@NullMarked
package palace.common.doctor;

import org.jspecify.annotations.NullMarked;
