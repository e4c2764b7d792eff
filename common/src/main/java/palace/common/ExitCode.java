package palace.common;

/// How a command ended, as the process exit code. The numbers are a contract with scripts.
public enum ExitCode {
  /// Done, or nothing to do.
  DONE(0),
  /// Failed; rolled back or never touched: the palace is as it was before.
  FAILED(1),
  /// Wrong usage; nothing was looked at.
  USAGE(2),
  /// Refused by a check, or declined; the palace is as it was before.
  REFUSED(3),
  /// A person is needed: the message names the paths and the command to run.
  PERSON_NEEDED(4),
  /// A check found problems, or drawers still lack vectors.
  PROBLEMS_FOUND(5),
  /// Another process holds the palace.
  BUSY(6),
  /// The Java that was found is too old.
  JAVA_TOO_OLD(78),
  /// Cancelled by a signal and undone.
  CANCELLED(130);

  private final int code;

  ExitCode(int code) {
    this.code = code;
  }

  /// {@return the number given to the operating system}
  public int code() {
    return code;
  }
}
