package palace.common.restore;

/// Which way an interrupted run is settled where both ways are open: the previous palace stands
/// beside its path and the new one is complete. Everywhere else there is only one safe way, and it
/// is taken whatever was asked for.
public enum Direction {
  /// Undo the run: the palace is as it was before.
  BACK,
  /// Finish the run: the palace is what the run had proven.
  FORWARD
}
