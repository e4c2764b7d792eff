package palace.common.lock;

import java.util.List;

/// That nobody else was found to have a palace open.
///
/// @param hiddenProcesses how many processes of this machine could not be looked into: of other
///   users, or of containers hidden from us
/// @param warnings one sentence each: what could not be locked or looked at, and weak signs of use
///   that were overridden
public record Quiet(int hiddenProcesses, List<String> warnings) {
  /// Keeps its own list.
  public Quiet {
    warnings = List.copyOf(warnings);
  }
}
