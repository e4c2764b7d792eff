package palace.common.doctor;

/// What all findings of one kind have in common.
///
/// @param code stable name in kebab case, for scripts and documentation
/// @param severity how bad it is
/// @param threat what it does to whoever goes on using the palace
public record Nature(String code, Severity severity, Threat threat) {
  static Nature notice(String code, Threat threat) {
    return new Nature(code, Severity.NOTICE, threat);
  }

  static Nature damage(String code, Threat threat) {
    return new Nature(code, Severity.DAMAGE, threat);
  }

  static Nature fatal(String code, Threat threat) {
    return new Nature(code, Severity.FATAL, threat);
  }
}
