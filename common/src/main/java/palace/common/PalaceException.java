package palace.common;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// A failure that an operator can act on: one sentence that names the file, what was expected and
/// what was found, and a hint with the next command to type. It is an [IOException], so signatures
/// need say nothing else. What the doctor finds in a palace is never an exception.
///
/// The subclass says how the command ends; [#exitCode()] is the number.
public abstract sealed class PalaceException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String hint;
  private final ExitCode exitCode;

  private PalaceException(
      ExitCode exitCode, String message, String hint, @Nullable Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
    this.hint = hint;
  }

  /// {@return the next thing to do, ideally a command to type; empty when there is none}
  public String hint() {
    return hint;
  }

  /// {@return how the command ends}
  public ExitCode exitCode() {
    return exitCode;
  }

  /// The command line is wrong; nothing was looked at.
  public static final class Usage extends PalaceException {
    private static final long serialVersionUID = 1L;

    /// The sentence and the hint.
    public Usage(String message, String hint) {
      super(ExitCode.USAGE, message, hint, null);
    }
  }

  /// A check refused before anything was changed.
  public static final class Refused extends PalaceException {
    private static final long serialVersionUID = 1L;

    /// The sentence and the hint.
    public Refused(String message, String hint) {
      super(ExitCode.REFUSED, message, hint, null);
    }

    /// The sentence, the hint and what was met.
    public Refused(String message, String hint, Throwable cause) {
      super(ExitCode.REFUSED, message, hint, cause);
    }
  }

  /// Something failed; whatever had been changed was put back.
  public static final class Failed extends PalaceException {
    private static final long serialVersionUID = 1L;

    /// The sentence and the hint.
    public Failed(String message, String hint) {
      super(ExitCode.FAILED, message, hint, null);
    }

    /// The sentence, the hint and what was met.
    public Failed(String message, String hint, Throwable cause) {
      super(ExitCode.FAILED, message, hint, cause);
    }
  }

  /// Something failed and could not be put back: a person is needed.
  public static final class PersonNeeded extends PalaceException {
    private static final long serialVersionUID = 1L;

    /// The sentence (with both paths), the hint (with the command) and what was met first.
    public PersonNeeded(String message, String hint, Throwable cause) {
      super(ExitCode.PERSON_NEEDED, message, hint, cause);
    }
  }

  /// Another process holds the palace.
  public static final class Busy extends PalaceException {
    private static final long serialVersionUID = 1L;

    /// The sentence naming the holder, and the hint.
    public Busy(String message, String hint) {
      super(ExitCode.BUSY, message, hint, null);
    }
  }

  /// The database file cannot be read as SQLite, or a page that was needed is damaged.
  public static final class DamagedDatabase extends PalaceException {
    private static final long serialVersionUID = 1L;

    /// The sentence, the hint and what SQLite said.
    public DamagedDatabase(String message, String hint, Throwable cause) {
      super(ExitCode.REFUSED, message, hint, cause);
    }
  }
}
