package palace.cli;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import palace.common.doctor.Diagnosis;
import palace.common.lock.LockHolder;

/// What the verb `doctor` has to tell.
///
/// @param diagnosis what the doctor says
/// @param user who used the palace meanwhile, so that a finding may be a write half done
/// @param digests content digests by the collection's name, when they were asked for
/// @param next the commands to type next, the best first
record Examined(
    Diagnosis diagnosis,
    Optional<LockHolder> user,
    Map<String, String> digests,
    List<String> next) {}
