package palace.cli;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import palace.common.ExitCode;
import palace.common.PalaceException;

/// Why a command did not do what it was told, for people and for programs.
///
/// @param exitCode how it ended
/// @param outcome the same in one word for programs
/// @param message the file, what was expected, what was found, and whether anything changed
/// @param hint what to do next; empty when nobody knows
record Failure(ExitCode exitCode, String outcome, String message, String hint) {
  private static final String UNCHANGED = "nothing was changed";
  private static final String AS_OWNER = "run palace as the owner of the palace";

  /// {@return what a thrown failure means}
  static Failure of(Throwable thrown) {
    return switch (thrown) {
      case PalaceException e -> of(e);
      case CancellationException e ->
          unchanged(ExitCode.CANCELLED, "cancelled", "cancelled", "run it again when you like");
      case AccessDeniedException e ->
          unchanged(ExitCode.REFUSED, "refused", e.getFile() + ": permission denied", AS_OWNER);
      case OutOfMemoryError e ->
          failed(
              "Java has no memory left: " + e.getMessage(),
              "give it more: PALACE_JAVA_OPTS=-Xmx8g");
      case InvalidPathException e ->
          unchanged(ExitCode.REFUSED, "refused", "not a path: " + e.getMessage(), "");
      case FileSystemException e ->
          failed(e.getFile() + ": " + reason(e), "make sure that it is there and can be read");
      case IOException e -> failed(text(e), "");
      default -> failed("this should never happen: " + thrown, "");
    };
  }

  /// {@return what a failure means once a signal came: that it was cancelled, unless it failed for
  /// another reason or could not undo what it began}
  static Failure afterSignal(Throwable thrown) {
    boolean undone =
        !(thrown instanceof PalaceException e && e.exitCode() == ExitCode.PERSON_NEEDED);
    return undone && isOfTheSignal(thrown) ? of(new CancellationException()) : of(thrown);
  }

  private static boolean isOfTheSignal(Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof CancellationException
          || cause instanceof InterruptedException
          || cause instanceof ClosedByInterruptException) {
        return true;
      }
    }
    return false;
  }

  private static Failure of(PalaceException e) {
    return switch (e) {
      case PalaceException.Usage usage -> told(usage, "usage");
      case PalaceException.Refused refused -> told(refused, "refused");
      case PalaceException.Failed failed -> told(failed, "failed");
      case PalaceException.PersonNeeded needed ->
          new Failure(needed.exitCode(), "person-needed", text(needed), needed.hint());
      case PalaceException.Busy busy -> told(busy, "busy");
      case PalaceException.DamagedDatabase damaged -> told(damaged, "refused");
    };
  }

  private static Failure told(PalaceException e, String outcome) {
    return unchanged(e.exitCode(), outcome, text(e), e.hint());
  }

  /// Nobody planned for this one, so it does not say that nothing was changed.
  private static Failure failed(String message, String hint) {
    String next = "palace status says how the palace is now; with -v this says where it failed";
    return new Failure(
        ExitCode.FAILED, "failed", message, hint.isEmpty() ? next : hint + "; " + next);
  }

  /// {@return a failure before or without any change, which its message says}
  static Failure unchanged(ExitCode exitCode, String outcome, String message, String hint) {
    boolean says = message.contains(UNCHANGED) || message.contains("nothing changed");
    return new Failure(exitCode, outcome, says ? message : message + "; " + UNCHANGED, hint);
  }

  /// Java's exceptions say in their class what the system said in words.
  private static String reason(FileSystemException e) {
    return switch (e) {
      case NoSuchFileException gone -> "no such file or directory";
      case FileAlreadyExistsException there -> "exists already";
      case NotDirectoryException file -> "is not a directory";
      case DirectoryNotEmptyException full -> "the directory is not empty";
      case AtomicMoveNotSupportedException far -> "lies on another file system";
      case FileSystemLoopException loop -> "links lead back to it";
      case FileSystemException other -> {
        String reason = other.getReason();
        yield reason == null ? "the system gives no reason" : reason.toLowerCase(Locale.ROOT);
      }
    };
  }

  private static String text(Throwable thrown) {
    String message = thrown.getMessage();
    return message == null ? thrown.toString() : message;
  }
}
