package palace.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// Where a command speaks and listens.
///
/// @param out for data, UTF-8
/// @param err for talk, UTF-8
/// @param operator who can be asked; absent when standard input is no terminal
/// @param showsProgress whether standard error is a terminal
record Terminal(
    PrintStream out, PrintStream err, Optional<BufferedReader> operator, boolean showsProgress) {
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

  /// {@return the standard streams of this process}
  static Terminal ofProcess() {
    return new Terminal(
        new PrintStream(System.out, true, StandardCharsets.UTF_8),
        new PrintStream(System.err, true, StandardCharsets.UTF_8),
        isTerminal("0")
            ? Optional.of(
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)))
            : Optional.empty(),
        isTerminal("2"));
  }

  /// Java tells only whether input and output are both terminals, and nothing of standard error.
  private static boolean isTerminal(String descriptor) {
    try {
      String opened = Files.readSymbolicLink(DESCRIPTORS.resolve(descriptor)).toString();
      return opened.startsWith("/dev/pts/")
          || opened.startsWith("/dev/tty")
          || opened.equals("/dev/console");
    } catch (IOException | UnsupportedOperationException e) {
      return System.console() != null && System.console().isTerminal();
    }
  }
}
