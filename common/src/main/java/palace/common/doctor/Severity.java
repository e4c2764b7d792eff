package palace.common.doctor;

/// How bad a finding is.
public enum Severity {
  /// Worth knowing; the palace is healthy with it.
  NOTICE,
  /// Chroma answers falsely, loses something, or will.
  DAMAGE,
  /// Chroma fails, refuses the palace or a collection, or kills its process.
  FATAL
}
