package palace.it;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What a program did to the names of files, what else it ran and whom it called, as the kernel saw
/// it; strace writes it down.
///
/// @param file the trace
record WriteTrace(Path file) {
  private static final String CALLS =
      "open,openat,openat2,creat,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,rmdir,"
          + "link,linkat,symlink,symlinkat,mknod,mknodat,truncate,chmod,fchmodat,chown,lchown,"
          + "fchownat,utimensat,setxattr,"
          + "execve,execveat,connect,bind,sendto,sendmsg";
  private static final Pattern CALLING = Pattern.compile("\\b(connect|bind|sendto|sendmsg)\\(");
  private static final Pattern RUNNING = Pattern.compile("\\bexecve(at)?\\(.*\\) = 0$");

  /// A name, and the directory before it from which a relative one starts.
  private static final Pattern NAME = Pattern.compile("(?:<(/[^>]*)>, )?\"([^\"]*)\"");

  private static final String UNFINISHED = " <unfinished ...>";
  private static final String RESUMED = " resumed>";
  private static final Pattern OPENING = Pattern.compile("\\bopen(at2?)?\\(");
  private static final Pattern WRITING =
      Pattern.compile("O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND|O_TMPFILE");

  /// {@return what stands before a program so that it is traced}
  List<String> prefix() {
    assumeTrue(
        Stream.of(System.getenv("PATH").split(":"))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "strace"))),
        "cannot run here: strace is missing");
    return List.of(
        "strace",
        "-f",
        "--seccomp-bpf",
        "-qq",
        "-y",
        "-s",
        "4096",
        "-e",
        CALLS,
        "-o",
        file.toString());
  }

  /// {@return the calls that changed, or tried to change, something at or below a directory}
  List<String> changesBelow(Path directory) throws IOException {
    return calls().stream()
        .filter(call -> call.contains(directory.toString()))
        .filter(WriteTrace::changes)
        .toList();
  }

  /// {@return the paths that a change named and that lie in none of these places}
  Set<String> changedOutside(List<Path> places) throws IOException {
    return calls().stream()
        .filter(WriteTrace::changes)
        .flatMap(WriteTrace::names)
        .filter(path -> places.stream().noneMatch(place -> path.startsWith(place.toString())))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /// {@return the calls to anybody; those of the C library for a user's name, which go no farther
  /// than this machine, left out}
  List<String> connections() throws IOException {
    return calls().stream()
        .filter(call -> CALLING.matcher(call).find() && !call.contains("/nscd/socket"))
        .toList();
  }

  /// {@return the names of the programs that were run}
  Set<String> executed() throws IOException {
    return calls().stream()
        .filter(call -> RUNNING.matcher(call).find())
        .flatMap(call -> names(call).limit(1))
        .map(name -> String.valueOf(Path.of(name).getFileName()))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Stream<String> names(String call) {
    return NAME.matcher(call)
        .results()
        .map(found -> {
          Path name = Path.of(found.group(2));
          String from = found.group(1);
          return String.valueOf((from == null ? name : Path.of(from).resolve(name)).normalize());
        });
  }

  /// A call during which another thread made one stands on two lines, its flags on the first.
  private List<String> calls() throws IOException {
    var begun = new HashMap<String, String>();
    var calls = new ArrayList<String>();
    for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
      String thread = line.split(" ", 2)[0];
      int resumed = line.indexOf(RESUMED);
      if (line.endsWith(UNFINISHED)) {
        begun.put(thread, line.substring(0, line.length() - UNFINISHED.length()));
      } else if (resumed >= 0) {
        String end = line.substring(resumed + RESUMED.length());
        calls.add(Objects.requireNonNullElse(begun.remove(thread), line) + end);
      } else {
        calls.add(line);
      }
    }
    calls.addAll(begun.values());
    return calls;
  }

  private static boolean changes(String line) {
    boolean names = !CALLING.matcher(line).find() && !line.contains("execve");
    return names && (!OPENING.matcher(line).find() || WRITING.matcher(line).find());
  }
}
