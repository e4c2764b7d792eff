package palace.common.lock;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import palace.common.files.RunningProcess;

/// The search for open files by the program `lsof`, for systems without `/proc` such as macOS.
///
/// Its output with `-F pn` is one field a line: `p` and a process, then for each of its files `f`
/// with the descriptor and `n` with the name.
final class Lsof {
  private static final List<Path> PROGRAMS =
      List.of(
          Path.of("/usr/sbin/lsof"), Path.of("/usr/bin/lsof"), Path.of("/opt/homebrew/bin/lsof"));

  private Lsof() {}

  /// {@return who has one of these files open, ourselves not counted; empty when there is no such
  /// program}
  static Optional<List<OpenHandles.Handle>> scan(List<Path> files) throws IOException {
    Optional<Path> program = PROGRAMS.stream().filter(Files::isExecutable).findFirst();
    return program.isEmpty() ? Optional.empty() : Optional.of(scan(program.get(), files));
  }

  private static List<OpenHandles.Handle> scan(Path program, List<Path> files) throws IOException {
    if (files.isEmpty()) {
      return List.of();
    }
    var command = new ArrayList<>(List.of(program.toString(), "-w", "-n", "-P", "-F", "pn", "--"));
    files.forEach(file -> command.add(file.toString()));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    process.getOutputStream().close();
    try (InputStream output = process.getInputStream()) {
      return parse(new String(output.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  static List<OpenHandles.Handle> parse(String output) {
    var handles = new ArrayList<OpenHandles.Handle>();
    var process = RunningProcess.of(-1);
    for (String line : output.split("\n")) {
      if (line.matches("p\\d{1,18}")) {
        process = RunningProcess.of(Long.parseLong(line.substring(1)));
      } else if (line.startsWith("n") && process.pid() != ProcessHandle.current().pid()) {
        Path file = Path.of(line.substring(1));
        var handle = new OpenHandles.Handle(process.pid(), process.command(), file);
        if (!handles.contains(handle)) {
          handles.add(handle);
        }
      }
    }
    return List.copyOf(handles);
  }
}
