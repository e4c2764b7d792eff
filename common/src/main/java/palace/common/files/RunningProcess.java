package palace.common.files;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// A process of this machine and the command it runs.
///
/// @param pid its number
/// @param command its command line with blanks between the arguments, shortened; empty when it
///   cannot be told
public record RunningProcess(long pid, String command) {
  private static final int LONGEST_COMMAND = 200;
  private static final Path PROC = Path.of("/proc");

  /// {@return the process with a number, and what it runs as far as the system says}
  public static RunningProcess of(long pid) {
    return new RunningProcess(pid, readable(commandOf(pid)));
  }

  /// {@return whether a process with this number runs} One that has ended counts as ended though
  /// its parent has not asked how.
  public static boolean isAlive(long pid) {
    return pid > 0
        && ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false)
        && !isZombie(pid);
  }

  /// The state is the letter after the name in parentheses, which may hold any character
  /// (proc_pid_stat(5)).
  private static boolean isZombie(long pid) {
    try {
      Path file = PROC.resolve(Long.toString(pid)).resolve("stat");
      String stat = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
      return stat.startsWith("Z", stat.lastIndexOf(')') + 2);
    } catch (IOException e) {
      return false;
    }
  }

  /// {@return as in `process 123 (python -m mempalace mine)`}
  @Override
  public String toString() {
    return "process " + pid + (command.isEmpty() ? "" : " (" + command + ")");
  }

  /// {@return the text on one line, without what a terminal would act on}
  public static String readable(String text) {
    var line = new StringBuilder();
    text.codePoints()
        .limit(LONGEST_COMMAND)
        .forEach(point -> line.appendCodePoint(Character.isISOControl(point) ? ' ' : point));
    return line.toString().strip();
  }

  private static String commandOf(long pid) {
    if (pid <= 0) {
      return "";
    }
    try {
      Path arguments = PROC.resolve(Long.toString(pid)).resolve("cmdline");
      return new String(Files.readAllBytes(arguments), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return ProcessHandle.of(pid).flatMap(process -> process.info().commandLine()).orElse("");
    }
  }
}
